"""The lock for asyncio: cancellation, loss, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import redis_patterns.aio as patterns
from conftest import Server
from redis_patterns._clock import clock
from redis_patterns.aio import Lease, Lock, LockError
from waiting import auntil

LATE = 0.25


def run(server: Server, body: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with patterns.connect(server.url) as client:
            await body(client)

    asyncio.run(main())


def test_a_scope_renews_and_releases(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", ttl=0.3, namespace=namespace)
        async with lock as lease:
            await asyncio.sleep(0.9)
            assert not lease.lost
        assert isinstance(await lock.try_acquire(), Lease)

    run(server, body)


def test_two_tasks_of_one_lock_object_exclude_each_other(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", namespace=namespace)
        inside, fences = 0, []

        async def work() -> None:
            nonlocal inside
            async with lock as lease:
                inside += 1
                assert inside == 1
                fences.append(lease.fence)
                await asyncio.sleep(0.005)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(8)))
        assert fences == sorted(fences)

    run(server, body)


def test_the_body_is_cancelled_when_the_lease_is_lost(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        reached = False
        with pytest.raises(LockError, match="LOCKLOST"):
            async with Lock(redis, "x", ttl=0.3, namespace=namespace) as lease:
                client.delete(f"{namespace}:lock:{{x}}")
                try:
                    await asyncio.sleep(30)
                finally:
                    reached = lease.lost
        assert reached
        await asyncio.sleep(0)  # no cancellation is left over for what comes after

    run(server, body)


def test_the_caller_s_own_cancellation_stays_a_cancellation(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        entered = asyncio.Event()

        async def work() -> None:
            async with Lock(redis, "x", namespace=namespace):
                entered.set()
                await asyncio.sleep(30)

        task = asyncio.create_task(work())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.exists(f"{namespace}:lock:{{x}}") == 0

    run(server, body)


def test_the_loss_is_told_before_the_server_gives_the_lock_away(own_server: Server) -> None:
    watcher = own_server.client()

    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", ttl=0.6)
        await (await lock.acquire()).release()
        lease = await lock.acquire()
        until_us = int(watcher.hget("lock:{x}", "until_us") or 0)
        seconds, micros = watcher.time()
        ends = clock() + (until_us - seconds * 1_000_000 - micros) / 1_000_000
        own_server.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(LockError, match="LOCKLOST"):
                async with lease:
                    await asyncio.sleep(30)
            # The instant is exact; how soon after it a task runs is up to the machine.
            assert lease._end <= ends
            assert clock() <= lease._end + LATE
        finally:
            os.kill(own_server.process.pid, signal.SIGCONT)

    run(own_server, body)


def test_cancelling_at_any_moment_leaves_no_holder_and_no_waiter(
    server: Server, client: Any, namespace: str, seed: int
) -> None:
    rng = random.Random(seed)
    keys = [f"{namespace}:lock:{{x}}{field}" for field in ("", ":queue", ":waiters")]

    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", namespace=namespace, ttl=30.0, patience=30.0)

        async def work() -> None:
            async with lock:
                await asyncio.sleep(rng.random() * 0.002)

        for _ in range(40):
            tasks = [asyncio.create_task(work()) for _ in range(4)]
            for task in tasks:
                await asyncio.sleep(rng.random() * 0.004)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await auntil(lambda: client.exists(*keys) == 0)

    run(server, body)


def test_a_wait_that_runs_out_leaves_the_queue(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", namespace=namespace, wait=0.2)
        async with lock:
            with pytest.raises(LockError, match="LOCKWAIT"):
                await lock.acquire()
            assert client.exists(f"{namespace}:lock:{{x}}:queue") == 0

    run(server, body)


def test_nothing_is_left_running(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        lock = Lock(redis, "x", namespace=namespace)
        async with lock:
            waiter = asyncio.create_task(lock.acquire())
            await auntil(lambda: client.llen(f"{namespace}:lock:{{x}}:queue") == 1)
        await (await waiter).release()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert client.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 0

    run(server, body)
