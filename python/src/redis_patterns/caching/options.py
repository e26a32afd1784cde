"""How a cache behaves, checked once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .._arguments import LONGEST_US, Duration, microseconds, seconds, share, whole
from ..errors import argument_error

Refresh: TypeAlias = Literal["foreground", "background"]


@dataclass(frozen=True, slots=True)
class Options:
    """Durations in whole microseconds, except `wait`: seconds."""

    ttl_us: int
    grace_us: int
    jitter: float
    negative_ttl_us: int
    lease_us: int
    backoff_us: int
    wait: float
    refresh: Refresh
    early: float
    refreshes: int

    @classmethod
    def of(
        cls,
        *,
        ttl: Duration,
        grace: Duration,
        jitter: float,
        negative_ttl: Duration,
        lease: Duration,
        backoff: Duration,
        wait: Duration,
        refresh: Refresh,
        early: float,
        refreshes: int,
    ) -> Options:
        """Raises `RedisError` (`ARGUMENT`)."""
        if refresh not in ("foreground", "background"):
            raise argument_error("refresh must be 'foreground' or 'background'")
        return cls(
            microseconds(ttl, "ttl"),
            microseconds(grace, "grace"),
            share(jitter, "jitter", 0.5),
            microseconds(negative_ttl, "negative_ttl"),
            microseconds(lease, "lease"),
            microseconds(backoff, "backoff"),
            seconds(wait, "wait"),
            refresh,
            share(early, "early", 0.5),
            whole(refreshes, "refreshes", 1, 1000),
        )

    def drawn_ttl_us(self) -> int:
        """The life of one fill."""
        return drawn_ttl_us(self.ttl_us, self.jitter)

    @property
    def tag_life_us(self) -> int:
        """How long a tag must live so that no entry outlives it, also after a load of a minute."""
        fresh_us = max(round(self.ttl_us * (1 + self.jitter)), self.negative_ttl_us)
        return fresh_us + self.grace_us + 60_000_000

    def drawn_early_us(self, load_ms: int) -> int:
        """How long before its end a value is renewed this time.

        After Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015), but
        bounded: the largest of many draws grows with their number, and would renew all the time.
        """
        if self.refresh == "foreground" or self.early == 0:
            return 0
        return min(round(load_ms * 1000 * random.expovariate(1)), round(self.ttl_us * self.early))


def drawn_ttl_us(ttl_us: int, jitter: float) -> int:
    """`ttl_us`, `jitter` (0 to 0.5) of it more or less, within what a script accepts; microseconds."""
    drawn = round(ttl_us * random.uniform(1 - jitter, 1 + jitter))
    return min(max(drawn, 1000), LONGEST_US)
