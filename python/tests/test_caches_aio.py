"""The cache for asyncio: one load per process, cancellation."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

import redis_patterns.aio as patterns
from conftest import Server
from redis_patterns.aio import TEXT, Cache, Hit, Miss
from waiting import auntil


def test_tasks_of_one_process_load_once(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with patterns.connect(server.url) as client:
            cache = Cache(client, codec=TEXT, namespace=namespace)
            loads = 0

            async def load() -> str:
                nonlocal loads
                loads += 1
                await asyncio.sleep(0.05)
                return "v"

            assert await asyncio.gather(*(cache.get_or_load("k", load) for _ in range(50))) == ["v"] * 50
            assert loads == 1
            assert await cache.get("k") == Hit("v")

    asyncio.run(body())


def test_one_cancelled_caller_does_not_take_the_load_from_the_others(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with patterns.connect(server.url) as client:
            cache = Cache(client, codec=TEXT, namespace=namespace)
            loading, go_on = asyncio.Event(), asyncio.Event()

            async def load() -> str:
                loading.set()
                await go_on.wait()
                return "v"

            first = asyncio.create_task(cache.get_or_load("k", load))
            await loading.wait()
            second = asyncio.create_task(cache.get_or_load("k", load))
            await asyncio.sleep(0.05)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            go_on.set()
            assert await second == "v"

    asyncio.run(body())


def test_when_every_caller_is_cancelled_the_lease_is_given_back(
    server: Server, client: Any, namespace: str, seed: int
) -> None:
    rng = random.Random(seed)

    async def body() -> None:
        async with patterns.connect(server.url) as redis:
            cache = Cache(redis, codec=TEXT, namespace=namespace, lease=30.0)

            async def load() -> str:
                await asyncio.sleep(30)
                return "never"

            for number in range(60):
                key = f"k{number}"
                tasks = [asyncio.create_task(cache.get_or_load(key, load)) for _ in range(3)]
                await asyncio.sleep(rng.random() * 0.005)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await auntil(lambda: client.exists(f"{namespace}:cache:{{{key}}}:lease") == 0)  # noqa: B023
            await auntil(lambda: asyncio.all_tasks() == {asyncio.current_task()})

    asyncio.run(body())


def test_a_loader_s_error_reaches_every_caller(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with patterns.connect(server.url) as client:
            cache = Cache(client, codec=TEXT, namespace=namespace)

            async def load() -> str:
                await asyncio.sleep(0.02)
                raise OSError("the source is down")

            results = await asyncio.gather(*(cache.get_or_load("k", load) for _ in range(5)), return_exceptions=True)
            assert {type(result) for result in results} == {OSError}
            assert await cache.get("k") == Miss()

    asyncio.run(body())


def test_waiting_for_a_load_of_this_process_ends(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with patterns.connect(server.url) as client:
            cache = Cache(client, codec=TEXT, namespace=namespace, wait=0.2)
            go_on = asyncio.Event()

            async def load() -> str:
                await go_on.wait()
                return "v"

            first = asyncio.create_task(cache.get_or_load("k", load))
            await asyncio.sleep(0.05)
            with pytest.raises(patterns.CacheError, match="CACHEWAIT"):
                await cache.get_or_load("k", load)
            go_on.set()
            assert await first == "v"

    asyncio.run(body())
