"""The scripts of windows and logs against their definitions, in virtual time, step for step."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import evidence
from limit_oracles import Oracle
from redis_patterns._scenario import outcome
from redis_patterns.rate_limiting import Limit, calls
from redis_patterns.script import ScriptCall

START_US = 4_102_444_800_000_000
BATCH = 250
SECOND = 1_000_000

WINDOWS = ("fixed_window", "aligned_window", "sliding_window")
FAMILIES = {"ratelimit": WINDOWS, "ratelog": ("sliding_log",)}


def tier(rng: random.Random, name: str, algorithm: Any) -> Limit:
    """Small ones, that fill; large ones, whose products need more than 53 bits; odd ones, that leave remainders."""
    if algorithm == "sliding_log":
        limit = rng.choice([1, 2, 3, 5, 7, 20])
    else:
        limit = rng.choice([1, 2, 3, 7, 10, 100, 999_983, 2**32 + 1, 2**45])
    per = rng.choice([1, 3, 1000, 1_000_003, 60 * SECOND, 86_400 * SECOND, 31_622_400 * SECOND])
    return Limit(name, limit, per, limit, algorithm)


def tiers_of(rng: random.Random, algorithms: tuple[str, ...]) -> list[Limit]:
    count = 1 if len(algorithms) == 1 else rng.choice([1, 1, 2, 3])
    return [tier(rng, f"t{at}", rng.choice(algorithms)) for at in range(count)]


class World:
    """A random history of some ids."""

    def __init__(self, rng: random.Random, entity: str) -> None:
        self.rng, self.entity, self.oracle, self.now = rng, entity, Oracle(), START_US
        self.limits = {f"u{at}": tiers_of(rng, FAMILIES[entity]) for at in range(4)}
        self.waits: list[int] = []

    def step(self) -> tuple[ScriptCall[Any] | str, dict[str, Any] | None]:
        """A call, or the key to delete, and what must come of it."""
        rng, oracle = self.rng, self.oracle
        name = rng.choice(list(self.limits))
        self._move(self.limits[name])
        if rng.random() < 0.02:  # another limit under the same names
            changed = tiers_of(rng, FAMILIES[self.entity])
            if len(changed) == len(self.limits[name]):
                self.limits[name] = changed
        tiers, subject = self.limits[name], oracle.subject(name)
        if subject.states and rng.random() < 0.1 and oracle.drained(name, tiers, self.now):
            oracle.vanish(name)
            return f"{self.entity}:{{{name}}}", None
        request = rng.choice([*subject.requests, f"r{rng.randrange(30)}"]) if rng.random() < 0.4 else None
        if request is not None and rng.random() < 0.4:
            answer = oracle.refund(name, tiers, request, self.now)
            return calls.refund(name, tiers, request=request).at(self.now), answer
        smallest = min(tier.limit for tier in tiers)
        cost = rng.choice([1, 1, 2, rng.randint(1, smallest), rng.randint(1, smallest), smallest, smallest + 1])
        take = rng.random() < 0.85
        if not take:
            cost = rng.choice([0, cost])
        answer = oracle.decide(name, tiers, cost, self.now, take=take, request=request)
        if answer["status"] == "denied":
            self.waits = [answer["retry_after_us"]]
        if take:
            return calls.take(name, tiers, cost=cost, request=request).at(self.now), answer
        return calls.peek(name, tiers, cost=cost).at(self.now), answer

    def _move(self, tiers: list[Limit]) -> None:
        rng = self.rng
        if self.waits and rng.random() < 0.4:
            self.now += self.waits.pop() - rng.choice([0, 1])  # exactly as long as was told, or a little less
        else:
            self.now += rng.choice([0, 1, rng.randrange(2 * max(tier.per_us for tier in tiers)), rng.randrange(1000)])
        if rng.random() < 0.005:
            self.now -= rng.randrange(10**10)  # the server's clock is set back
        self.now = min(max(self.now, START_US), 2**52)


@pytest.mark.parametrize("entity", FAMILIES)
def test_random_steps_answer_exactly_what_the_definition_says(
    entity: str, virtual: Any, seed: int, scale: float
) -> None:
    rng, steps = random.Random(seed), 0
    seen = {"allowed": 0, "denied": 0, "impossible": 0, "refunded": 0, "passed": 0, "unknown": 0}
    load_scripts(virtual)
    while steps < max(int(10_000 * scale), BATCH):
        world, pipeline = World(rng, entity), virtual.pipeline(transaction=False)
        asked = [(*world.step(), world.now) for _ in range(BATCH)]
        for call, _, _ in asked:
            pipeline.execute_command(*(("DEL", call) if isinstance(call, str) else call.evalsha))
        for at, ((call, expected, now), reply) in enumerate(zip(asked, pipeline.execute(), strict=True)):
            if expected is None or isinstance(call, str):
                continue
            got = outcome(call.read(reply))
            assert got == expected, (steps + at, call.script.name, call.keys, call.args, now)
            seen[str(got["status"])] += 1
        steps += BATCH
        virtual.flushdb()
    print(steps, "steps", seen)
    evidence.record("limits", "steps", count=steps, seed=seed, seen=seen)
    assert min(seen.values()) > steps // 200, seen


def load_scripts(client: Any) -> None:
    for limit in (Limit.fixed_window(1, per=1.0), Limit.sliding_log(1, per=1.0)):
        for call in (calls.take("x", [limit]), calls.refund("x", [limit], request="r")):
            client.script_load(call.script.source)


# The forms that are found everywhere, in the same virtual time. Each answers whether the charge was admitted.

COUNT_FIRST = """
local key, limit, length = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
local begun = tonumber(redis.call('HGET', key, 'begun') or now)
if now >= begun + length then redis.call('DEL', key) begun = now end
redis.call('HSETNX', key, 'begun', ARGV[3])
return redis.call('HINCRBY', key, 'n', cost) <= limit and 1 or 0
"""
BLEND = """
local key, limit, length = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
local begun = tonumber(redis.call('HGET', key, 'begun') or now)
local current, previous = tonumber(redis.call('HGET', key, 'n') or 0), tonumber(redis.call('HGET', key, 'p') or 0)
if now >= begun + 2 * length then current, begun = 0, now - length end
if now >= begun + length then previous, current, begun = current, 0, begun + length end
if math.floor(previous * (1 - (now - begun) / length)) + current >= limit then return 0 end
redis.call('HSET', key, 'n', current + cost, 'p', previous, 'begun', string.format('%.0f', begun))
return 1
"""
MEMBERS = """
local key, limit, length = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', key, 0, string.format('%.0f', now - length))
if redis.call('ZCARD', key) + cost > limit then return 0 end
for i = 1, cost do redis.call('ZADD', key, ARGV[3], ARGV[3]) end
return 1
"""


@pytest.mark.parametrize(
    ("make", "naive"),
    [(Limit.fixed_window, COUNT_FIRST), (Limit.sliding_window, BLEND), (Limit.sliding_log, MEMBERS)],
    ids=["a denial that counts", "a floor without the cost", "members that collide"],
)
def test_the_common_forms_do_not(make: Callable[..., Limit], naive: str, virtual: Any, seed: int) -> None:
    """The controls: a counter that is raised by denials, an estimate rounded down, a set of timestamps."""
    rng, wrong, steps = random.Random(seed), 0, 2000
    sha, now, oracle, limit = virtual.script_load(naive), START_US, Oracle(), make(10, per=1.0)
    pipeline, expected = virtual.pipeline(transaction=False), []
    for _ in range(steps):
        now += rng.choice([0, 1, rng.randrange(200_000)])
        cost = rng.randint(1, 4)
        expected.append(oracle.decide("u", [limit], cost, now, take=True, request=None)["status"] == "allowed")
        pipeline.execute_command("EVALSHA", sha, 1, "naive", limit.limit, limit.per_us, now, cost)
    for right, admitted in zip(expected, pipeline.execute(), strict=True):
        wrong += right != bool(admitted)
    print(wrong, "wrong answers of", steps)
    evidence.control("limits", {f"wrong answers of the naive {limit.algorithm.replace('_', ' ')}": wrong})
    assert wrong > 10
