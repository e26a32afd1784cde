"""A lost reply must not make anything run twice, and every failure says whether it may have run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from proxy import Proxy

LIMIT = patterns.Limit.token_bucket(10, per=3600.0)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.path, b"EVALSHA")
    yield proxy
    proxy.close()


def taken(client: Any, namespace: str) -> int:
    limiter = patterns.RateLimiter(client, LIMIT, namespace=namespace)
    return 10 - limiter.peek("u", cost=0).tiers[0].remaining


def test_a_lost_reply_charges_once_and_says_unknown(proxy: Proxy, client: Any, namespace: str) -> None:
    taken(client, namespace)  # the script is known to the server
    with patterns.connect(f"redis://127.0.0.1:{proxy.port}") as lossy:
        limiter = patterns.RateLimiter(lossy, LIMIT, namespace=namespace)
        proxy.lose = 1
        with pytest.raises(patterns.RedisError) as caught:
            limiter.take("u")
    assert caught.value.code is patterns.Code.CONNECTION_LOST
    assert caught.value.execution is patterns.Execution.UNKNOWN
    assert caught.value.address == f"127.0.0.1:{proxy.port}"
    assert taken(client, namespace) == 1


def test_a_lost_reply_charges_once_in_asyncio_too(proxy: Proxy, client: Any, namespace: str) -> None:
    taken(client, namespace)

    async def take() -> None:
        async with redis_patterns.aio.connect(f"redis://127.0.0.1:{proxy.port}") as lossy:
            limiter = redis_patterns.aio.RateLimiter(lossy, LIMIT, namespace=namespace)
            proxy.lose = 1
            with pytest.raises(patterns.RedisError) as caught:
                await limiter.take("u")
            assert caught.value.execution is patterns.Execution.UNKNOWN

    asyncio.run(take())
    assert taken(client, namespace) == 1


def test_a_request_id_makes_the_repeat_harmless(proxy: Proxy, client: Any, namespace: str) -> None:
    taken(client, namespace)
    with patterns.connect(f"redis://127.0.0.1:{proxy.port}") as lossy:
        limiter = patterns.RateLimiter(lossy, LIMIT, namespace=namespace)
        proxy.lose = 1
        with pytest.raises(patterns.RedisError):
            limiter.take("u", request="r1")
        assert limiter.take("u", request="r1").tiers[0].remaining == 9
    assert taken(client, namespace) == 1


def test_a_lock_whose_reply_was_lost_is_given_back(proxy: Proxy, client: Any, namespace: str) -> None:
    patterns.Lock(client, "x", namespace=namespace).acquire().release()
    with patterns.connect(f"redis://127.0.0.1:{proxy.port}") as lossy:
        proxy.lose = 1
        with pytest.raises(patterns.RedisError):
            patterns.Lock(lossy, "x", namespace=namespace).try_acquire()
    assert isinstance(patterns.Lock(client, "x", namespace=namespace).try_acquire(), patterns.Lease)


def test_the_control_a_default_client_runs_the_write_twice(proxy: Proxy, client: Any, namespace: str) -> None:
    """Why clients that retry are refused: redis-py's own default repeats, and the bucket is charged twice."""
    taken(client, namespace)
    with redis.Redis(port=proxy.port) as careless:
        if careless.get_retry() is None or careless.get_retry()._retries == 0:
            pytest.skip("this redis-py does not retry by default")
        limiter = patterns.RateLimiter(careless, LIMIT, namespace=namespace, allow_retries=True)
        proxy.lose = 1
        limiter.take("u")
    assert taken(client, namespace) == 2


@pytest.mark.parametrize("make", [redis.Redis, redis.asyncio.Redis])
def test_a_client_that_retries_is_refused(make: Any) -> None:
    space: Any = patterns if make is redis.Redis else redis_patterns.aio
    retrying = make(retry=Retry(NoBackoff(), 3))
    makers: list[Any] = [lambda c: space.RateLimiter(c, LIMIT), lambda c: space.Lock(c, "x"), space.Cache]
    for pattern in makers:
        with pytest.raises(patterns.RedisError) as caught:
            pattern(retrying)
        assert caught.value.code is patterns.Code.ARGUMENT
        assert "allow_retries" in caught.value.message
    space.Lock(make(retry=Retry(NoBackoff(), 0)), "x")
    space.Lock(retrying, "x", allow_retries=True)


def test_the_other_kind_of_client_is_refused() -> None:
    wrong: Any = redis.asyncio.Redis()
    with pytest.raises(patterns.RedisError, match=r"redis_patterns takes a redis\.Redis client"):
        patterns.Lock(wrong, "x", allow_retries=True)
    wrong = redis.Redis()
    with pytest.raises(patterns.RedisError, match=r"redis_patterns\.aio takes a redis\.asyncio"):
        redis_patterns.aio.Lock(wrong, "x", allow_retries=True)
