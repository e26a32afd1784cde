"""The token bucket in exact arithmetic: what the script must answer, written without looking at its ticks."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from redis_patterns.rate_limiting import Limit


@dataclass
class Debt:
    """What one tier of one bucket owed at a moment, in units."""

    units: Fraction
    grain: int
    at_us: int


@dataclass
class Bucket:
    debts: dict[str, Debt] = field(default_factory=dict)
    drained_us: int = 0
    requests: dict[str, list[Any]] = field(default_factory=dict)


class Oracle:
    """Every bucket; time is given with each question."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}

    def bucket(self, name: str) -> Bucket:
        return self.buckets.setdefault(name, Bucket())

    def decide(
        self, name: str, tiers: list[Limit], cost: int, now_us: int, *, take: bool, request: str | None
    ) -> dict[str, Any]:
        bucket = self.bucket(name)
        if take and request in bucket.requests:
            return dict(bucket.requests[request][1])
        owed = [self._owed(bucket, tier, now_us) for tier in tiers]
        impossible = [tier for tier in tiers if cost > tier.burst]
        waits = [
            ceil((debt + cost - tier.burst) / rate(tier)) if cost else 0 for tier, debt in zip(tiers, owed, strict=True)
        ]
        left = [floor(max(tier.burst - debt, Fraction(0))) for tier, debt in zip(tiers, owed, strict=True)]
        if impossible:
            status, binding, retry = "impossible", impossible[0], 0
        elif max(waits) > 0:
            status, binding, retry = "denied", tiers[waits.index(max(waits))], max(waits)
        else:
            status, binding, retry = "allowed", tiers[left.index(min(left))], 0
        if take and status == "allowed":
            owed = [debt + cost for debt in owed]
        set_back = any(tier.name in bucket.debts and bucket.debts[tier.name].at_us > now_us for tier in tiers)
        resets = [ceil(debt / rate(tier)) for tier, debt in zip(tiers, owed, strict=True)]
        if take and (status == "allowed" or set_back):
            for tier, debt in zip(tiers, owed, strict=True):
                bucket.debts[tier.name] = Debt(debt, grain(tier), now_us)
            bucket.drained_us = max([bucket.drained_us, *(now_us + reset for reset in resets)])
        answer = {
            "status": status,
            "tier": binding.name,
            "retry_after_us": retry,
            "tiers": self._states(tiers, owed, resets),
        }
        if take and status == "allowed" and request is not None:
            bucket.requests[request] = [cost, answer, now_us]
        return answer

    def refund(self, name: str, tiers: list[Limit], request: str, now_us: int) -> dict[str, Any]:
        bucket = self.bucket(name)
        if request not in bucket.requests:
            return {"status": "unknown"}
        charged, answer, at_us = bucket.requests[request]
        owed = []
        for tier in tiers:
            # What has drained since came back by itself; a clock that was set back does not tell how much.
            given = max(charged, 0) - rate(tier) * (now_us - at_us) if now_us >= at_us else Fraction(0)
            debt = max(self._owed(bucket, tier, now_us) - max(given, Fraction(0)), Fraction(0))
            owed.append(debt)
            if charged > 0 and tier.name in bucket.debts:
                bucket.debts[tier.name] = Debt(debt, grain(tier), now_us)
        bucket.requests[request] = [-abs(charged), answer, at_us]
        resets = [ceil(debt / rate(tier)) for tier, debt in zip(tiers, owed, strict=True)]
        return {"status": "refunded", "units": abs(charged), "tiers": self._states(tiers, owed, resets)}

    def vanish(self, name: str) -> None:
        """The bucket's key is gone; the records of its requests are keys of their own."""
        self.bucket(name).debts.clear()
        self.bucket(name).drained_us = 0

    def _owed(self, bucket: Bucket, tier: Limit, now_us: int) -> Fraction:
        debt = bucket.debts.get(tier.name)
        if debt is None:
            return Fraction(0)
        units = debt.units
        if debt.grain != grain(tier):  # the limit was changed
            units = Fraction(min(ceil(units), tier.burst))
        return max(units - rate(tier) * max(now_us - debt.at_us, 0), Fraction(0))

    @staticmethod
    def _states(tiers: list[Limit], owed: list[Fraction], resets: list[int]) -> list[dict[str, Any]]:
        return [
            {"name": tier.name, "remaining": floor(max(tier.burst - debt, Fraction(0))), "reset_after_us": reset}
            for tier, debt, reset in zip(tiers, owed, resets, strict=True)
        ]


def rate(tier: Limit) -> Fraction:
    """Units per microsecond."""
    return Fraction(tier.limit, tier.per_us)


def grain(tier: Limit) -> int:
    return Fraction(tier.per_us, tier.limit).numerator
