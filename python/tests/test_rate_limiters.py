"""The rate limiter's faces, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import Limit, RateLimiter

HOUR = timedelta(hours=1)


def test_a_bucket_admits_its_burst_and_says_when_to_come_back(client: Any, namespace: str) -> None:
    limiter = RateLimiter(client, Limit.token_bucket(10, per=HOUR, burst=3), namespace=namespace)
    decisions = [limiter.take("user:1") for _ in range(4)]
    assert [decision.status for decision in decisions] == ["allowed"] * 3 + ["denied"]
    assert [decision.tiers[0].remaining for decision in decisions] == [2, 1, 0, 0]
    assert timedelta(seconds=359) < decisions[3].retry_after <= timedelta(seconds=360)
    assert limiter.take("user:1", cost=4).status == "impossible"
    assert limiter.take("user:2").allowed


def test_tiers_are_charged_together_or_not_at_all(client: Any, namespace: str) -> None:
    tiers = [Limit.token_bucket(100, per=HOUR, name="hour"), Limit.token_bucket(2, per=60.0, name="minute")]
    limiter = RateLimiter(client, tiers, namespace=namespace)
    limiter.take("u", cost=2)
    denied = limiter.take("u")
    assert (denied.status, denied.tier) == ("denied", "minute")
    assert denied.tiers[0].remaining == 98
    assert denied.remaining == 0
    assert limiter.peek("u", cost=0).remaining == 0
    assert patterns.Decision("allowed", "gone", timedelta(0), denied.tiers).remaining == 0


def test_a_request_is_charged_once_and_refunded_once(client: Any, namespace: str) -> None:
    limiter = RateLimiter(client, Limit.token_bucket(10, per=HOUR), namespace=namespace)
    first = limiter.take("u", cost=4, request="r1")
    assert limiter.take("u", cost=4, request="r1") == first
    assert limiter.peek("u", cost=0).tiers[0].remaining == 6
    assert limiter.refund("u", "r1").units == 4
    assert limiter.refund("u", "r1").status == "refunded"
    assert limiter.peek("u", cost=0).tiers[0].remaining == 10
    assert limiter.refund("u", "r2") == patterns.Refund("unknown", 0, ())


def test_many_threads_are_admitted_exactly_the_burst(server: Server, namespace: str) -> None:
    with patterns.connect(server.url) as client, ThreadPoolExecutor(8) as pool:
        limiter = RateLimiter(client, Limit.token_bucket(50, per=HOUR, burst=50), namespace=namespace)
        admitted = sum(pool.map(lambda _: limiter.take("u").allowed, range(200)))
    assert admitted == 50


def test_one_decision_is_one_call(client: Any, namespace: str) -> None:
    limiter = RateLimiter(client, Limit.token_bucket(10, per=HOUR), namespace=namespace)
    limiter.take("u")
    before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    limiter.take("u")
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 1


def test_a_wrong_clock_of_the_client_changes_nothing(
    client: Any, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RateLimiter(client, Limit.token_bucket(2, per=HOUR), namespace=namespace)
    seen = []
    for shift in (0, 86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda moved=shift: 1_700_000_000.0 + moved)
        seen.append(limiter.take("u").status)
    assert seen == ["allowed", "allowed", "denied"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Limit.token_bucket(0, per=1.0),
        lambda: Limit.token_bucket(1, per=0.0000001),
        lambda: Limit.token_bucket(1, per=float("inf")),
        lambda: Limit.token_bucket(1, per=1.0, name="two words"),
        lambda: Limit.token_bucket(True, per=1.0),
        lambda: Limit.token_bucket(1, per=timedelta(days=400)),
    ],
)
def test_a_limit_that_cannot_be_kept_exactly_is_refused(make: Any) -> None:
    with pytest.raises(patterns.RedisError) as caught:
        make()
    assert caught.value.code is patterns.Code.ARGUMENT


def test_asyncio_answers_the_same(server: Server, namespace: str) -> None:
    async def body() -> list[str]:
        async with redis_patterns.aio.connect(server.url) as client:
            limiter = redis_patterns.aio.RateLimiter(
                client, Limit.token_bucket(10, per=HOUR, burst=3), namespace=namespace
            )
            decisions = await asyncio.gather(*(limiter.take("u", request=f"r{n}") for n in range(5)))
            refused = await limiter.peek("u", cost=1)
            assert (refused.status, refused.remaining) == ("denied", 0)
            first = decisions.index(next(decision for decision in decisions if decision.allowed))
            assert (await limiter.refund("u", f"r{first}")).units == 1
            assert (await limiter.take("u")).allowed
            return sorted(decision.status for decision in decisions)

    assert asyncio.run(body()) == ["allowed"] * 3 + ["denied"] * 2
