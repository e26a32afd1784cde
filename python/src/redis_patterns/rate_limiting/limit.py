"""How much is allowed, and by which algorithm. Pure values; the rules are those of `Tests/Conformance/README.md`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from .._arguments import LARGEST, Duration, microseconds, whole
from ..errors import argument_error

Algorithm = Literal["token_bucket", "fixed_window", "aligned_window", "sliding_window", "sliding_log"]

MOST_IN_A_WINDOW = 2**45
MOST_IN_A_LOG = 100_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limit:
    """One tier: `limit` units per `per_us` microseconds, at most `burst` at once (for all but a token bucket that is
    the limit itself). How many may pass at worst in a window of the length `per` is said by each constructor."""

    name: str
    limit: int
    per_us: int
    burst: int
    algorithm: Algorithm = "token_bucket"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise argument_error("a tier's name must be 1 to 32 of A-Z a-z 0-9 _ -")
        if self.algorithm not in get_args(Algorithm):
            raise argument_error(f"tier {self.name}: there is no such algorithm")
        most = {"token_bucket": LARGEST, "sliding_log": MOST_IN_A_LOG}.get(self.algorithm, MOST_IN_A_WINDOW)
        whole(self.limit, f"limit of {self.name}", 1, most)
        whole(self.per_us, f"per of {self.name}", 1)
        whole(self.burst, f"burst of {self.name}", 1, most)
        if self.algorithm != "token_bucket" and self.burst != self.limit:
            raise argument_error(f"tier {self.name}: only a token bucket has a burst of its own")
        if self.algorithm == "token_bucket" and self.burst * self.ticks > LARGEST:
            raise argument_error(f"tier {self.name}: burst times per is too large to be counted exactly")

    @classmethod
    def token_bucket(cls, limit: int, *, per: Duration, burst: int | None = None, name: str = "default") -> Limit:
        """`limit` units flow back `per` duration, evenly, and up to `burst` (default: `limit`) may be taken at once.

        At worst `burst + limit * w / per` units pass in a window of w.
        """
        return cls(name, limit, microseconds(per, "per"), limit if burst is None else burst)

    @classmethod
    def fixed_window(cls, limit: int, *, per: Duration, aligned: bool = False, name: str = "default") -> Limit:
        """`limit` units in each window, which begins with the first charge after the last one ended.

        `aligned`: windows begin at whole multiples of `per` since 1970 (UTC) instead: 86400 is a day from midnight to
        midnight. At worst `2 * limit` units pass in a window's length, `2 * limit - 1` when not aligned.
        """
        return cls(name, limit, microseconds(per, "per"), limit, "aligned_window" if aligned else "fixed_window")

    @classmethod
    def sliding_window(cls, limit: int, *, per: Duration, name: str = "default") -> Limit:
        """`limit` units in about any window: counted are this window and the share of the one before that still lies
        within `per`, as if its units had come evenly.

        At worst `2 * limit - 1` units pass in a window's length; two counters in memory, whatever the limit.
        """
        return cls(name, limit, microseconds(per, "per"), limit, "sliding_window")

    @classmethod
    def sliding_log(cls, limit: int, *, per: Duration, name: str = "default") -> Limit:
        """Never more than `limit` units (at most 100000) in any window of the length `per`; 8 bytes a unit in Redis."""
        return cls(name, limit, microseconds(per, "per"), limit, "sliding_log")

    @property
    def ticks(self) -> int:
        """What a unit of a bucket costs, where `rate` ticks drain each microsecond: per / limit in lowest terms."""
        return self.per_us // math.gcd(self.per_us, self.limit)

    @property
    def rate(self) -> int:
        return self.limit // math.gcd(self.per_us, self.limit)


def several(limit: Limit | Sequence[Limit]) -> tuple[Limit, ...]:
    """One tier, or several."""
    if isinstance(limit, Limit):
        return (limit,)
    tiers = tuple(limit) if isinstance(limit, Iterable) else ()
    if not tiers or not all(isinstance(tier, Limit) for tier in tiers):
        raise argument_error("limit must be a Limit, or several")
    return tiers
