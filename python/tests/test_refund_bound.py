"""Whoever hoards refunds gets no more than the bucket's promise: `burst`, and `limit` for each `per`, of units used."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any, Protocol

from redis_patterns.rate_limiting import Limit, calls

START_US = 4_102_444_800_000_000
TIER = Limit("a", 10, 1_000_000, 10)
RATE = Fraction(TIER.limit, 1_000_000)


class Bucket(Protocol):
    def take(self, cost: int, request: str, now_us: int) -> bool: ...

    def refund(self, request: str, now_us: int) -> None: ...


class Shipped:
    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def take(self, cost: int, request: str, now_us: int) -> bool:
        call = calls.take(self._name, [TIER], cost=cost, request=request, replay_us=3_600_000_000)
        return bool(call.read(self._client.execute_command(*call.at(now_us).eval)).allowed)

    def refund(self, request: str, now_us: int) -> None:
        call = calls.refund(self._name, [TIER], request=request)
        call.read(self._client.execute_command(*call.at(now_us).eval))


class Whole:
    """The control: a refund takes all that was charged from the debt, however much of it has drained."""

    def __init__(self) -> None:
        self._debt, self._at_us = Fraction(0), START_US
        self._charged: dict[str, int] = {}

    def take(self, cost: int, request: str, now_us: int) -> bool:
        self._drain(now_us)
        if self._debt + cost > TIER.burst:
            return False
        self._debt += cost
        self._charged[request] = cost
        return True

    def refund(self, request: str, now_us: int) -> None:
        self._drain(now_us)
        self._debt = max(self._debt - self._charged.pop(request), Fraction(0))

    def _drain(self, now_us: int) -> None:
        self._debt = max(self._debt - RATE * (now_us - self._at_us), Fraction(0))
        self._at_us = now_us


def most_beyond(bucket: Bucket, rng: random.Random, steps: int) -> Fraction:
    """By how much the units that were used exceed the promise, over the worst span of one random history."""
    taken: dict[str, tuple[int, int]] = {}
    now_us = START_US
    for number in range(steps):
        hoards = number < steps // 2  # and then comes back with all that it has
        now_us += rng.choice([0, rng.randrange(1_500_000)] if hoards else [0, 1, rng.randrange(20_000)])
        if taken and rng.random() < (0.1 if hoards else 0.6):
            request = rng.choice([*taken])
            del taken[request]  # what is refunded was not used
            bucket.refund(request, now_us)
            continue
        cost = rng.randint(1, TIER.burst)
        if bucket.take(cost, f"r{number}", now_us):
            taken[f"r{number}"] = (now_us, cost)
    # used in [s, t] <= burst + rate (t - s), for all s and t: the worst t of the best s before it, in one pass.
    worst, base, used = Fraction(-TIER.burst), Fraction(0), 0
    for at_us, cost in taken.values():
        base = min(base, used - RATE * (at_us - START_US))
        used += cost
        worst = max(worst, used - RATE * (at_us - START_US) - base - TIER.burst)
    return worst


def test_refunds_never_let_more_pass_than_the_bucket_promises(virtual: Any, seed: int, scale: float) -> None:
    rng, histories = random.Random(seed), max(int(40 * scale), 10)
    worst = max(most_beyond(Shipped(virtual, f"u{number}"), rng, 100) for number in range(histories))
    assert worst <= 0
    assert worst > -TIER.burst / 2, "no history came near the bound"


def test_refunds_of_all_that_was_charged_let_more_pass(seed: int) -> None:
    rng = random.Random(seed)
    wrong = sum(most_beyond(Whole(), rng, 100) > 0 for _ in range(40))
    print(wrong)
    assert wrong > 10
