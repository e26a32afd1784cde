"""The calls of the token bucket as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, get_args

from .._arguments import LARGEST, Duration, digits, microseconds, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load

Status = Literal["allowed", "denied", "impossible"]

REPLAY_US = 60_000_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_MOST_TIERS = 8


@dataclass(frozen=True, slots=True)
class Limit:
    """One tier: `limit` units per `per_us` microseconds, at most `burst` at once. At worst `burst + limit * w / per`
    units pass in a window of w."""

    name: str
    limit: int
    per_us: int
    burst: int

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise argument_error("a tier's name must be 1 to 32 of A-Z a-z 0-9 _ -")
        whole(self.limit, "limit", 1, LARGEST)
        whole(self.per_us, "per", 1)
        whole(self.burst, "burst", 1, LARGEST)
        if self.burst * self.ticks > LARGEST:
            raise argument_error(f"tier {self.name}: burst times per is too large to be counted exactly")

    @classmethod
    def token_bucket(cls, limit: int, *, per: Duration, burst: int | None = None, name: str = "default") -> Limit:
        """`limit` units `per` duration on average, and up to `burst` (default: `limit`) at once."""
        return cls(name, limit, microseconds(per, "per"), limit if burst is None else burst)

    @property
    def ticks(self) -> int:
        """What a unit costs, where `rate` ticks drain each microsecond: the fraction per / limit in lowest terms."""
        return self.per_us // math.gcd(self.per_us, self.limit)

    @property
    def rate(self) -> int:
        return self.limit // math.gcd(self.per_us, self.limit)


@dataclass(frozen=True, slots=True)
class TierState:
    """`remaining`: units that may still be taken now. `reset_after`: until nothing is owed any more."""

    name: str
    remaining: int
    reset_after: timedelta


@dataclass(frozen=True, slots=True)
class Decision:
    """What the limiter decided. `tier` is the binding one. Waiting `retry_after` is enough when nobody else takes.

    `impossible`: the cost is larger than the tier's burst; waiting does not help.
    """

    status: Status
    tier: str
    retry_after: timedelta
    tiers: tuple[TierState, ...]

    @property
    def allowed(self) -> bool:
        return self.status == "allowed"


@dataclass(frozen=True, slots=True)
class Refund:
    """`refunded`: `units` were given back (by this call or by an earlier one for the same request).

    `unknown`: there is no record of the request (any more).
    """

    status: Literal["refunded", "unknown"]
    units: int
    tiers: tuple[TierState, ...]


def take(
    identity: str,
    tiers: Sequence[Limit],
    *,
    cost: int = 1,
    request: str | None = None,
    replay_us: int = REPLAY_US,
    namespace: str | None = None,
) -> ScriptCall[Decision]:
    """Charges `cost` to every tier, or to none."""
    return _decide("take", identity, tiers, whole(cost, "cost", 1, LARGEST), request, replay_us, namespace)


def peek(
    identity: str, tiers: Sequence[Limit], *, cost: int = 1, replay_us: int = REPLAY_US, namespace: str | None = None
) -> ScriptCall[Decision]:
    """What `take` would answer now; writes nothing."""
    return _decide("peek", identity, tiers, whole(cost, "cost", 0, LARGEST), None, replay_us, namespace)


def refund(identity: str, tiers: Sequence[Limit], *, request: str, namespace: str | None = None) -> ScriptCall[Refund]:
    """Gives back what one request was charged, once."""
    names, words = _prepared(tuple(tiers))
    keys = (
        key("bucket", identity, namespace=namespace),
        key("bucket", identity, "request", request, namespace=namespace),
    )

    def read(reply: Any) -> Refund:
        status = reply[0].decode()
        if status == "unknown":
            return Refund("unknown", 0, ())
        if status != "refunded":
            raise ValueError(status)
        return Refund("refunded", int(reply[1]), _states(names, reply[2:]))

    return ScriptCall(load("bucket_refund"), keys, (*words, b"0"), read)


def _decide(
    mode: str,
    identity: str,
    tiers: Sequence[Limit],
    cost: int,
    request: str | None,
    replay_us: int,
    namespace: str | None,
) -> ScriptCall[Decision]:
    names, words = _prepared(tuple(tiers))
    keys = [key("bucket", identity, namespace=namespace)]
    if request is not None:
        keys.append(key("bucket", identity, "request", request, namespace=namespace))
    replay = digits(whole(replay_us, "replay", 1000))
    args = (mode.encode(), digits(cost), replay, *words, b"0")

    def read(reply: Any) -> Decision:
        status: Status = reply[0].decode()
        if status not in get_args(Status) or not 1 <= int(reply[1]) <= len(names):
            raise ValueError(status)
        wait = timedelta(microseconds=int(reply[2]))
        return Decision(status, names[int(reply[1]) - 1], wait, _states(names, reply[3:]))

    return ScriptCall(load("bucket_take"), tuple(keys), args, read)


@lru_cache(maxsize=1024)
def _prepared(tiers: tuple[Limit, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    # The names, and the words that stand for the tiers in every call.
    names = tuple(tier.name for tier in tiers)
    if not 1 <= len(names) <= _MOST_TIERS:
        raise argument_error(f"there must be 1 to {_MOST_TIERS} tiers, not {len(names)}")
    if len(set(names)) != len(names):
        raise argument_error("the names of the tiers must differ")
    words = [digits(len(tiers))]
    for tier in tiers:
        words += tier.name.encode(), digits(tier.ticks), digits(tier.rate), digits(tier.burst)
    return names, tuple(words)


def _states(names: tuple[str, ...], words: list[Any]) -> tuple[TierState, ...]:
    if len(words) != 2 * len(names):
        raise ValueError("another number of tiers")
    pairs = zip(names, words[::2], words[1::2], strict=True)
    return tuple(TierState(name, int(left), timedelta(microseconds=int(reset))) for name, left, reset in pairs)
