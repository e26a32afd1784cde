"""Stale-while-revalidate, early renewal and the soft delete."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import redis_patterns.aio as patterns
from conftest import Server
from redis_patterns import TEXT, Cache, Hit, Miss
from redis_patterns.caching import calls
from redis_patterns.errors import RedisError
from redis_patterns.runner import run


def unasked() -> str:
    raise AssertionError("the source was asked")


def stale(cache: Cache[str], key: str = "k") -> None:
    assert cache.get_or_load(key, lambda: "old") == "old"
    assert cache.mark_stale(key)


def background(client: Any, namespace: str, **options: Any) -> Cache[str]:
    settings: dict[str, Any] = {"grace": 30.0, "backoff": 20.0, "refresh": "background", **options}
    return Cache(client, codec=TEXT, namespace=namespace, **settings)


def test_nobody_waits_while_a_stale_value_is_in_its_grace_and_one_load_runs_beside(client: Any, namespace: str) -> None:
    cache = background(client, namespace)
    stale(cache)
    loads, go_on = [], threading.Event()

    def slow() -> str:
        loads.append(1)
        go_on.wait(20)
        return "new"

    started = time.monotonic()
    assert [cache.get_or_load("k", slow) for _ in range(5)] == ["old"] * 5
    assert time.monotonic() - started < 15
    go_on.set()
    assert cache.drain()
    assert len(loads) == 1
    assert cache.get("k") == Hit("new")


def test_in_the_foreground_the_one_who_loads_waits(client: Any, namespace: str) -> None:
    cache = background(client, namespace, refresh="foreground")
    stale(cache)
    assert cache.get_or_load("k", lambda: "new") == "new"


def test_above_the_number_of_refreshes_the_caller_loads_and_waits(client: Any, namespace: str) -> None:
    cache = background(client, namespace, refreshes=1)
    stale(cache, "1")
    stale(cache, "2")
    go_on = threading.Event()

    def slow() -> str:
        go_on.wait(20)
        return "new"

    assert cache.get_or_load("1", slow) == "old"
    assert cache.get_or_load("2", lambda: "new") == "new"
    assert not cache.drain(0.001)
    go_on.set()
    assert cache.drain()


def test_a_refresh_that_fails_leaves_the_stale_value_and_the_source_alone(client: Any, namespace: str) -> None:
    cache = background(client, namespace)
    stale(cache)
    loads = []

    def failing() -> str:
        loads.append(1)
        raise OSError("the source is down")

    for _ in range(3):
        assert cache.get_or_load("k", failing) == "old"
        assert cache.drain()
    assert len(loads) == 1


def test_a_stale_value_of_another_codec_is_none(client: Any, namespace: str) -> None:
    cache = background(client, namespace)
    keys = calls.Keys.of("k", namespace=namespace)
    run(
        client,
        calls.put(keys, value=calls.entry(b"{}", codec=2, grace_us=10_000_000), ttl_us=5_000_000, grace_us=10_000_000),
    )
    assert cache.mark_stale("k")
    assert cache.get_or_load("k", lambda: "new") == "new"


def test_a_value_is_renewed_before_its_end_when_its_load_takes_long(client: Any, namespace: str) -> None:
    keys = calls.Keys.of("k", namespace=namespace)
    # Fresh for 20 s more, and its load took a month: whatever is drawn, half of the ttl of 100 s is the bound.
    entry = calls.entry(b"old", codec=1, load_us=30 * 86_400_000_000)
    run(client, calls.put(keys, value=entry, ttl_us=20_000_000))
    cache = background(client, namespace, ttl=100.0, early=0.5)
    assert cache.get_or_load("k", lambda: "new") == "old"
    cache.drain()
    assert cache.get("k") == Hit("new")
    run(client, calls.put(keys, value=entry, ttl_us=20_000_000))
    assert background(client, namespace, ttl=100.0).get_or_load("k", unasked) == "old"


def test_a_soft_delete_leaves_a_value_to_be_served_and_a_hard_one_none(client: Any, namespace: str) -> None:
    cache = background(client, namespace, ttl=60.0)
    cache.get_or_load("k", lambda: "old")
    assert cache.mark_stale("k")
    assert not cache.mark_stale("k")
    assert cache.get("k") == Miss()
    assert cache.get_or_load("k", lambda: "new") == "old"
    cache.drain()
    assert cache.get("k") == Hit("new")
    assert cache.delete("k")
    assert cache.get_or_load("k", lambda: "newer") == "newer"


def test_a_soft_delete_voids_the_load_under_way(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)

    def load() -> str:
        cache.mark_stale("k")
        return "read before"

    assert cache.get_or_load("k", load) == "read before"
    assert cache.get("k") == Miss()


@pytest.mark.parametrize(
    "wrong", [{"early": 0.6}, {"early": -0.1}, {"refresh": "sometimes"}, {"refreshes": 0}, {"refreshes": 1001}]
)
def test_an_option_out_of_its_bounds_is_refused(client: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(RedisError, match="ARGUMENT"):
        Cache(client, **wrong)


def test_tasks_refresh_beside_and_give_the_lease_back_when_given_up(
    server: Server, client: Any, namespace: str
) -> None:
    async def body() -> None:
        async with patterns.connect(server.url) as redis:
            cache = patterns.Cache(redis, codec=TEXT, namespace=namespace, grace=30.0, refresh="background")

            async def old() -> str:
                return "old"

            async def never() -> str:
                await asyncio.sleep(60)
                return "never"

            assert await cache.get_or_load("k", old) == "old"
            assert await cache.mark_stale("k")
            assert await cache.get_or_load("k", never) == "old"
            assert client.exists(f"{namespace}:cache:{{k}}:lease") == 1
            assert not await cache.drain(0.001)
            assert client.exists(f"{namespace}:cache:{{k}}:lease") == 0
            assert await cache.drain()

    asyncio.run(body())
