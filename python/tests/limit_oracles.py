"""Windows and logs as their definitions say them: what the scripts must answer, written without their formulas.

How long to wait is searched for, by asking "would it pass then?"; what the scripts keep in a hash or a ring is here a
list of charges. Agreed with the scripts: what a smaller limit cannot hold is forgotten, a clock that was set back dates
anew what lies ahead of it, and units that a request gets back leave the window they were counted in, unless that is
gone or the clock was set back since: then nobody can tell whose they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import Any

from redis_patterns.rate_limiting import Limit

Answer = dict[str, Any]


def first(holds: Callable[[int], bool], most: int) -> int:
    """The least number from 0 to `most` for which it holds; once it holds, it goes on holding."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    assert holds(low)
    return low


@dataclass(frozen=True)
class Counted:
    """A window's counts; `begun` is None before the first charge."""

    begun: int | None = None
    current: int = 0
    previous: int = 0

    def at(self, limit: Limit, now: int) -> Counted:
        """The same, seen later."""
        if limit.algorithm == "aligned_window":
            origin = now // limit.per_us * limit.per_us
            kept = self.begun is not None and min(self.begun, now) >= origin
            return Counted(origin, min(self.current, limit.limit) if kept else 0)
        if self.begun is None:
            return Counted(now)
        begun = min(self.begun, now)
        current, previous = min(self.current, limit.limit), min(self.previous, limit.limit)
        if limit.algorithm == "fixed_window":
            seen = Counted(begun, current) if now < begun + limit.per_us else Counted(now)
        elif now < begun + limit.per_us:
            seen = Counted(begun, current, previous)
        elif now < begun + 2 * limit.per_us:
            seen = Counted(begun + limit.per_us, 0, current)
        else:
            seen = Counted(now)
        return seen if seen.current or seen.previous else Counted(now)

    def used(self, limit: Limit, now: int) -> int:
        seen = self.at(limit, now)
        assert seen.begun is not None
        return seen.current + ceil(Fraction(seen.previous * (seen.begun + limit.per_us - now), limit.per_us))

    def charged(self, limit: Limit, now: int, cost: int) -> Counted:
        seen = self.at(limit, now)
        return replace(seen, current=seen.current + cost)

    def refunded(self, limit: Limit, now: int, units: int, at: int) -> Counted:
        seen = self.at(limit, now)
        assert seen.begun is not None
        if at >= seen.begun:
            return replace(seen, current=max(seen.current - units, 0))
        if at >= seen.begun - limit.per_us:
            return replace(seen, previous=max(seen.previous - units, 0))
        return seen

    def ahead(self, now: int) -> bool:
        return self.begun is not None and self.begun > now


@dataclass(frozen=True)
class Logged:
    """When each unit was charged."""

    moments: tuple[int, ...] = ()

    def at(self, limit: Limit, now: int) -> Logged:
        live = [min(moment, now) for moment in self.moments if moment > now - limit.per_us]
        return Logged(tuple(live[-limit.limit :]))

    def used(self, limit: Limit, now: int) -> int:
        return len(self.at(limit, now).moments)

    def charged(self, limit: Limit, now: int, cost: int) -> Logged:
        return Logged((*self.at(limit, now).moments, *([now] * cost)))

    def refunded(self, limit: Limit, now: int, units: int, at: int) -> Logged:
        live = self.at(limit, now).moments
        older = [moment for moment in live if moment <= at]
        return Logged((*older[: max(len(older) - units, 0)], *live[len(older) :]))

    def ahead(self, now: int) -> bool:
        return any(moment > now for moment in self.moments)


@dataclass
class Subject:
    """One id: its tiers' states by name, and its requests."""

    states: dict[str, Counted | Logged] = field(default_factory=dict)
    requests: dict[str, tuple[int, int, int, Answer]] = field(default_factory=dict)
    refunded: set[str] = field(default_factory=set)
    since: int = 0
    """When the state began, and moved when it is dated anew."""


class Oracle:
    """Every id; time is given with each question."""

    def __init__(self) -> None:
        self.subjects: dict[str, Subject] = {}

    def subject(self, name: str) -> Subject:
        return self.subjects.setdefault(name, Subject())

    def drained(self, name: str, tiers: list[Limit], now: int) -> bool:
        """Whether nothing counts any more, so that losing the key must change nothing."""
        subject = self.subject(name)
        return all(not _state(subject, tier).used(tier, now) and not _state(subject, tier).ahead(now) for tier in tiers)

    def vanish(self, name: str) -> None:
        self.subject(name).states.clear()

    def decide(self, name: str, tiers: list[Limit], cost: int, now: int, *, take: bool, request: str | None) -> Answer:
        subject = self.subject(name)
        if take and request in subject.requests:
            return subject.requests[request][3]
        states = [_state(subject, tier).at(tier, now) for tier in tiers]
        impossible = [tier for tier in tiers if cost > tier.limit]
        left = [max(tier.limit - state.used(tier, now), 0) for tier, state in zip(tiers, states, strict=True)]
        waits = [0]
        if not impossible and cost:
            waits = [_wait(tier, state, now, tier.limit - cost) for tier, state in zip(tiers, states, strict=True)]
        if impossible:
            status, binding, retry = "impossible", impossible[0], 0
        elif max(waits):
            status, binding, retry = "denied", tiers[waits.index(max(waits))], max(waits)
        else:
            status, binding, retry = "allowed", tiers[left.index(min(left))], 0
        set_back = any(_state(subject, tier).ahead(now) for tier in tiers)
        if take and status == "allowed":
            states = [state.charged(tier, now, cost) for tier, state in zip(tiers, states, strict=True)]
        if take and (status == "allowed" or set_back):
            if not subject.states:
                subject.since = now
            elif set_back:
                subject.since = max(subject.since + 1, now)
            subject.states.update({tier.name: state for tier, state in zip(tiers, states, strict=True)})
        answer = {
            "status": status,
            "tier": binding.name,
            "retry_after_us": retry,
            "tiers": _told(tiers, states, now),
        }
        if take and status == "allowed" and request is not None:
            subject.requests[request] = (cost, now, subject.since, answer)
        return answer

    def refund(self, name: str, tiers: list[Limit], request: str, now: int) -> Answer:
        subject = self.subject(name)
        if request not in subject.requests:
            return {"status": "unknown"}
        cost, at, since, _ = subject.requests[request]
        units = 0 if request in subject.refunded else cost
        ahead = at > now or any(_state(subject, tier).ahead(now) for tier in tiers)
        if units and (ahead or since != subject.since or not subject.states):
            return {"status": "passed"}
        states = [_state(subject, tier).refunded(tier, now, units, at) for tier in tiers]
        if units:
            subject.refunded.add(request)
            for tier, state in zip(tiers, states, strict=True):
                if tier.name in subject.states:
                    subject.states[tier.name] = state
            if all(state == Logged() for state in subject.states.values()):
                subject.states.clear()  # a log without units is deleted
        return {"status": "refunded", "units": cost, "tiers": _told(tiers, states, now)}


def _state(subject: Subject, tier: Limit) -> Counted | Logged:
    return subject.states.get(tier.name) or (Logged() if tier.algorithm == "sliding_log" else Counted())


def _wait(tier: Limit, state: Counted | Logged, now: int, most: int) -> int:
    # How long until no more than `most` is counted.
    return first(lambda wait: state.used(tier, now + wait) <= most, 2 * tier.per_us)


def _told(tiers: list[Limit], states: list[Any], now: int) -> list[Answer]:
    return [
        {
            "name": tier.name,
            "remaining": max(tier.limit - state.used(tier, now), 0),
            "reset_after_us": _wait(tier, state, now, 0),
        }
        for tier, state in zip(tiers, states, strict=True)
    ]
