"""The shipped script against exact arithmetic, in virtual time, step for step."""

from __future__ import annotations

import random
from typing import Any

import evidence
from bucket_oracle import Oracle
from redis_patterns._scenario import outcome
from redis_patterns.rate_limiting import Limit, calls
from redis_patterns.script import ScriptCall

START_US = 4_102_444_800_000_000
BATCH = 500

TIERS = [
    [Limit("a", 10, 1_000_000, 10)],
    [Limit("a", 3, 1_000_000, 7)],
    [Limit("a", 7, 1_000, 100), Limit("b", 1_000, 60_000_000, 50)],
    [Limit("a", 1, 1_000_003, 5), Limit("b", 999_983, 1_000_000, 12), Limit("c", 2, 3, 9)],
    [Limit("a", 1, 31_622_400_000_000, 142)],
    [Limit("a", 2**52, 1, 2**52)],
    [Limit("a", 1, 1, 2**52), Limit("b", 10**15, 7, 40)],
]


def one_step(rng: random.Random, oracle: Oracle, now_us: int) -> tuple[ScriptCall[Any] | str, dict[str, Any] | None]:
    """A call, or the key to delete, and what must come of it."""
    name = f"u{rng.randrange(6)}"
    # Each id has its own limit; now and then it is changed.
    tiers = TIERS[int(name[1:])] if rng.random() < 0.97 else rng.choice(TIERS)
    request = f"r{rng.randrange(100)}" if rng.random() < 0.3 else None
    bucket = oracle.bucket(name)
    if bucket.debts and bucket.drained_us < now_us and rng.random() < 0.5:
        oracle.vanish(name)
        return f"bucket:{{{name}}}", None
    if request is not None and rng.random() < 0.4:
        answer = oracle.refund(name, tiers, request, now_us)
        if len(answer.get("tiers", tiers)) == len(tiers):
            return calls.refund(name, tiers, request=request).at(now_us), answer
    smallest = min(tier.burst for tier in tiers)
    cost = rng.choice([1, 1, 1, 2, rng.randint(1, smallest), smallest, min(smallest + 1, 2**52)])
    take = rng.random() < 0.8
    if take:
        if request in bucket.requests and len(bucket.requests[request][1]["tiers"]) != len(tiers):
            request = None  # a request repeated under another number of tiers cannot be answered
        if request in bucket.requests:
            tiers = [limit_named(tier["name"], tiers) for tier in bucket.requests[request][1]["tiers"]]
        answer = oracle.decide(name, tiers, cost, now_us, take=True, request=request)
        return calls.take(name, tiers, cost=cost, request=request).at(now_us), answer
    cost = rng.choice([0, cost])
    return calls.peek(name, tiers, cost=cost).at(now_us), oracle.decide(
        name, tiers, cost, now_us, take=False, request=None
    )


def limit_named(name: str, tiers: list[Limit]) -> Limit:
    return next(tier for tier in tiers if tier.name == name)


def test_random_steps_answer_exactly_what_rational_arithmetic_says(virtual: Any, seed: int, scale: float) -> None:
    rng, oracle, now_us = random.Random(seed), Oracle(), START_US
    steps, seen = max(int(20_000 * scale), BATCH), {"allowed": 0, "denied": 0, "impossible": 0, "refunded": 0}
    load_scripts(virtual)
    for _ in range(steps // BATCH):
        pipeline = virtual.pipeline(transaction=False)
        asked = []
        for _ in range(BATCH):
            now_us += rng.choice([0, 1, rng.randrange(1_000), rng.randrange(2_000_000), rng.randrange(10**8)])
            if rng.random() < 0.002:
                now_us -= rng.randrange(10**9)  # the server's clock is set back
            call, expected = one_step(rng, oracle, now_us)
            asked.append((call, expected))
            pipeline.execute_command(*(("DEL", call) if isinstance(call, str) else call.evalsha))
        for (call, expected), reply in zip(asked, pipeline.execute(), strict=True):
            if expected is None or isinstance(call, str):
                continue
            got = outcome(call.read(reply))
            assert got == expected, (call.script.name, call.args, now_us)
            seen[str(got["status"])] = seen.get(str(got["status"]), 0) + 1
    print(steps, "steps", seen)
    evidence.record("oracle", "steps", count=steps // BATCH * BATCH, seed=seed, seen=seen)
    assert min(seen.values()) > steps // 500, seen


NAIVE = b"""
local capacity, rate, now, requested = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local data = redis.call('HMGET', KEYS[1], 'tokens', 'last_refill')
local tokens, last = tonumber(data[1]) or capacity, tonumber(data[2]) or now
tokens = math.min(capacity, tokens + (now - last) * rate / 1000)
if tokens >= requested then
  tokens = tokens - requested
  redis.call('HMSET', KEYS[1], 'tokens', tokens, 'last_refill', now)
  return {1, tokens}
end
return {0, tokens}
"""


def test_the_common_float_script_does_not(virtual: Any, seed: int) -> None:
    """The control: milliseconds and doubles, as most token buckets are written, must fail in this harness."""
    rng, now_us, wrong = random.Random(seed), START_US, 0
    sha = virtual.script_load(NAIVE)
    for limit in (3, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        tier, oracle = Limit("a", limit, 1_000_000, 7), Oracle()
        pipeline, expected = virtual.pipeline(transaction=False), list[dict[str, Any]]()
        for _ in range(BATCH):
            # Callers come back when they were told to, to the microsecond.
            now_us += expected[-1]["retry_after_us"] if expected else 0
            cost = rng.randint(1, 3)
            expected.append(oracle.decide("u", [tier], cost, now_us, take=True, request=None))
            words = (f"naive:{limit}", tier.burst, tier.limit, now_us // 1000, cost)
            pipeline.execute_command("EVALSHA", sha, 1, *words)
        for answer, (admitted, left) in zip(expected, pipeline.execute(), strict=True):
            wrong += (answer["status"] == "allowed") != bool(admitted) or answer["tiers"][0]["remaining"] != left
    print(wrong, "wrong answers of", 10 * BATCH)
    evidence.control("oracle", {"wrong answers in floating point": wrong})
    assert wrong > 10


def test_a_denial_leaves_every_byte_as_it_was(virtual: Any) -> None:
    load_scripts(virtual)
    tiers = TIERS[2]
    virtual.execute_command(*calls.take("u", tiers, cost=50).at(START_US).evalsha)
    before = virtual.dump("bucket:{u}"), virtual.pttl("bucket:{u}") // 1000
    for cost in (1, 2, 51):
        for call in (calls.take("u", tiers, cost=cost, request="r"), calls.peek("u", tiers, cost=cost)):
            status = virtual.execute_command(*call.at(START_US + 1).evalsha)[0]
            assert status in (b"denied", b"impossible")
    assert (virtual.dump("bucket:{u}"), virtual.pttl("bucket:{u}") // 1000) == before
    assert virtual.keys() == [b"bucket:{u}"]


def load_scripts(client: Any) -> None:
    for script in (calls.take("x", TIERS[0]).script, calls.refund("x", TIERS[0], request="r").script):
        client.script_load(script.source)
