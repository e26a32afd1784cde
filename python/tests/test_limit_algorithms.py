"""The rate limiter's faces under every algorithm: real time, one call each, bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import Limit, RateLimiter

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAKERS = [
    Limit.token_bucket,
    Limit.fixed_window,
    lambda limit, per: Limit.fixed_window(limit, per=DAY, aligned=True),  # so that no test meets its end
    Limit.sliding_window,
    Limit.sliding_log,
]
EVERY = pytest.mark.parametrize("make", MAKERS, ids=["bucket", "fixed", "aligned", "sliding", "log"])
WITHOUT_BUCKET = pytest.mark.parametrize("make", MAKERS[1:], ids=["fixed", "aligned", "sliding", "log"])


@EVERY
def test_every_algorithm_admits_its_limit_and_says_when_to_come_back(
    make: Callable[..., Limit], client: Any, namespace: str
) -> None:
    limiter = RateLimiter(client, make(3, per=HOUR), namespace=namespace)
    decisions = [limiter.take("u") for _ in range(4)]
    assert [decision.status for decision in decisions] == ["allowed"] * 3 + ["denied"]
    assert [decision.tiers[0].remaining for decision in decisions] == [2, 1, 0, 0]
    assert timedelta() < decisions[3].retry_after <= (DAY if make is MAKERS[2] else 2 * HOUR)
    assert limiter.take("u", cost=4).status == "impossible"
    assert limiter.take("other").allowed


@EVERY
def test_every_algorithm_charges_a_request_once_and_refunds_it_once(
    make: Callable[..., Limit], client: Any, namespace: str
) -> None:
    limiter = RateLimiter(client, make(10, per=HOUR), namespace=namespace)
    first = limiter.take("u", cost=4, request="r1")
    assert limiter.take("u", cost=4, request="r1") == first
    assert limiter.peek("u", cost=0).tiers[0].remaining == 6
    assert [limiter.refund("u", "r1").units for _ in range(2)] == [4, 4]
    assert limiter.peek("u", cost=0).tiers[0].remaining == 10
    assert limiter.refund("u", "r2").status == "unknown"


@EVERY
def test_many_threads_are_admitted_exactly_the_limit(
    make: Callable[..., Limit], server: Server, namespace: str
) -> None:
    with patterns.connect(server.url) as client, ThreadPoolExecutor(8) as pool:
        limiter = RateLimiter(client, make(30, per=HOUR), namespace=namespace)
        assert sum(pool.map(lambda _: limiter.take("u").allowed, range(100))) == 30


@EVERY
def test_every_operation_is_one_call(make: Callable[..., Limit], own_server: Server) -> None:
    client = own_server.client()
    limiter = RateLimiter(client, make(10, per=HOUR))
    operations: list[Callable[[], Any]] = [
        lambda: limiter.take("u"),
        lambda: limiter.take("u", request="r"),
        lambda: limiter.peek("u"),
        lambda: limiter.refund("u", "r"),
    ]
    for operation in operations:
        operation()  # the script is known from here on
    for operation in operations:
        before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
        operation()
        after = client.info("commandstats")
        assert after["cmdstat_evalsha"]["calls"] == before + 1
        assert after["cmdstat_eval"]["calls"] == 2  # one for each of the two scripts, while they were unknown


@WITHOUT_BUCKET
def test_a_full_server_refuses_to_charge_and_still_refunds(make: Callable[..., Limit], own_server: Server) -> None:
    client = own_server.client()
    limiter = RateLimiter(client, make(10, per=HOUR))
    limiter.take("u", cost=2)
    limiter.take("u", cost=3, request="r")
    client.config_set("maxmemory", 1)
    with pytest.raises(patterns.RedisError) as caught:
        limiter.take("u")
    assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    assert limiter.refund("u", "r").tiers[0].remaining == 8


def test_a_full_log_is_a_ring_of_eight_bytes_a_unit(own_server: Server) -> None:
    client, limit = own_server.client(), 1000
    limiter = RateLimiter(client, Limit.sliding_log(limit, per=HOUR))
    for _ in range(limit // 10):
        assert limiter.take("u", cost=10).allowed
    assert client.strlen("ratelog:{u}") == 32 + 8 * limit
    # The usual form, a sorted set with a member for each unit, takes more than five times as much.
    client.zadd("naive", {f"{at}-{at:06}": 1_700_000_000_000 + at for at in range(limit)})
    ring, naive = (int(client.memory_usage(key, samples=0) or 0) for key in ("ratelog:{u}", "naive"))
    assert 0 < 5 * ring < naive


def test_asyncio_answers_the_same(server: Server, namespace: str) -> None:
    async def body() -> list[str]:
        async with redis_patterns.aio.connect(server.url) as client:
            limiter = redis_patterns.aio.RateLimiter(client, Limit.sliding_log(3, per=HOUR), namespace=namespace)
            decisions = await asyncio.gather(*(limiter.take("u") for _ in range(5)))
            return sorted(decision.status for decision in decisions)

    assert asyncio.run(body()) == ["allowed"] * 3 + ["denied"] * 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Limit.fixed_window(0, per=1.0),
        lambda: Limit.sliding_window(2**45 + 1, per=1.0),
        lambda: Limit.sliding_log(100_001, per=1.0),
        lambda: Limit("a", 10, 1_000_000, 20, "fixed_window"),
        lambda: Limit("a", 10, 1_000_000, 10, "leaky_bucket"),  # type: ignore[arg-type]
    ],
)
def test_a_limit_that_cannot_be_kept_exactly_is_refused(make: Any) -> None:
    with pytest.raises(patterns.RedisError) as caught:
        make()
    assert caught.value.code is patterns.Code.ARGUMENT


def test_a_refund_under_a_tier_that_never_counted_takes_nothing_from_the_right_one(client: Any, namespace: str) -> None:
    here = RateLimiter(
        client,
        [Limit.fixed_window(10, per=HOUR, name="a"), Limit.sliding_window(10, per=HOUR, name="b")],
        namespace=namespace,
    )
    renamed = RateLimiter(client, Limit.fixed_window(10, per=HOUR, name="c"), namespace=namespace)
    here.take("u", cost=4, request="r1")
    assert renamed.refund("u", "r1").status == "passed"
    assert here.refund("u", "r1").units == 4
    assert [tier.remaining for tier in here.peek("u", cost=0).tiers] == [10, 10]
