"""The semaphore and the fenced value: scopes, weights, renewal, loss, cancellation."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import FencedStale, FencedValue, FencedWritten, Held, Lease, Lock, LockError, PermitLease, Semaphore
from waiting import auntil, until


def run(server: Server, body: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with redis_patterns.aio.connect(server.url) as client:
            await body(client)

    asyncio.run(main())


def test_permits_are_limited_and_weighted(client: Any, namespace: str) -> None:
    semaphore = Semaphore(client, "x", limit=3, namespace=namespace)
    with semaphore.permits(2) as two:
        assert two.permits == 2
        assert isinstance(semaphore.try_acquire(2), Held)
        one = semaphore.try_acquire()
        assert isinstance(one, PermitLease)
        assert one.fence > two.fence
        assert isinstance(semaphore.try_acquire(), Held)
        one.release()
    all_of_them = semaphore.try_acquire(3)
    assert isinstance(all_of_them, PermitLease)
    assert all_of_them.remaining > timedelta(seconds=29)
    all_of_them.release()


def test_each_operation_is_one_call(own_server: Server) -> None:
    client, watcher = own_server.client(), own_server.client()
    semaphore = Semaphore(client, "x", limit=2)
    value = FencedValue(client, "x", ttl=60)

    def calls_of(command: str, operation: Callable[[], Any]) -> int:
        def count() -> int:
            return int(watcher.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])

        before = count()
        operation()
        return count() - before

    semaphore.acquire().release()
    value.write(b"v", fence=1)
    Semaphore(client, "x", limit=2).acquire().renew()  # scripts are loaded
    leases: list[PermitLease] = []
    assert calls_of("evalsha", lambda: leases.append(semaphore.acquire())) == 1
    assert calls_of("evalsha", leases[0].renew) == 1
    assert calls_of("evalsha", leases[0].release) == 1
    assert calls_of("evalsha", semaphore.try_acquire) == 1
    assert calls_of("evalsha", lambda: value.write(b"v", fence=1)) == 1
    assert calls_of("get", value.read) == 1


def test_many_workers_never_exceed_the_limit(server: Server, client: Any, namespace: str) -> None:
    inside, most, guard = 0, 0, threading.Lock()

    def work(weight: int) -> None:
        nonlocal inside, most
        with server.client() as own:
            semaphore = Semaphore(own, "x", limit=4, patience=1.0, namespace=namespace)
            for _ in range(5):
                with semaphore.permits(weight):
                    with guard:
                        inside += weight
                        most = max(most, inside)
                    time.sleep(0)
                    with guard:
                        inside -= weight

    threads = [threading.Thread(target=work, args=(weight,)) for weight in (1, 1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (inside, most) == (0, 4)


def test_a_scope_renews_its_permits(client: Any, namespace: str) -> None:
    semaphore = Semaphore(client, "x", limit=1, ttl=0.6, namespace=namespace)
    with semaphore.permits() as lease:
        end = time.monotonic() + 1.5
        until(lambda: time.monotonic() > end or lease.lost)
        assert not lease.lost
        assert isinstance(semaphore.try_acquire(), Held)


def test_permits_of_a_dead_holder_come_back_when_its_lease_ends(client: Any, namespace: str) -> None:
    Semaphore(client, "x", limit=3, ttl=0.3, namespace=namespace).acquire(3)  # and is never heard of again
    semaphore = Semaphore(client, "x", limit=3, namespace=namespace)
    assert isinstance(semaphore.try_acquire(), Held)
    semaphore.acquire(3, wait=20).release()


def test_permits_that_were_lost_end_the_scope(client: Any, namespace: str) -> None:
    told: list[Lease] = []
    semaphore = Semaphore(client, "x", limit=2, ttl=0.6, namespace=namespace, on_lost=told.append)
    with pytest.raises(LockError, match="LOCKLOST"), semaphore.permits(2) as lease:
        client.delete(f"{namespace}:semaphore:{{x}}")
        assert lease.wait_lost(10)
    assert told == [lease]


def test_a_wait_for_permits_that_runs_out_leaves_the_queue(client: Any, namespace: str) -> None:
    semaphore = Semaphore(client, "x", limit=2, namespace=namespace)
    with semaphore.permits():
        with pytest.raises(LockError) as caught:
            semaphore.acquire(2, wait=0.1)
        assert caught.value.code == "LOCKWAIT"
        assert client.exists(f"{namespace}:semaphore:{{x}}:queue", f"{namespace}:semaphore:{{x}}:waiters") == 0
        semaphore.acquire(1).release()


def test_bad_numbers_of_permits_are_refused_before_anything_is_sent(own_server: Server) -> None:
    client = own_server.client()
    for limit, ttl, patience in ((0, 1.0, 1.0), (2**53, 1.0, 1.0), (1, 0.0, 1.0), (1, 1.0, 61.0), (1, 1.0, 0.0)):
        with pytest.raises(patterns.RedisError) as caught:
            Semaphore(client, "x", limit=limit, ttl=ttl, patience=patience)
        assert caught.value.code is patterns.Code.ARGUMENT
    semaphore = Semaphore(client, "x", limit=2)
    for ask in (semaphore.acquire, semaphore.try_acquire):
        for permits in (0, 3, True):
            with pytest.raises(patterns.RedisError) as caught:
                ask(permits)
            assert caught.value.code is patterns.Code.ARGUMENT
    assert "cmdstat_evalsha" not in client.info("commandstats")


def test_tasks_share_a_semaphore_and_a_heavy_one_is_not_starved(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        semaphore = redis_patterns.aio.Semaphore(redis, "x", limit=3, namespace=namespace)
        order: list[str] = []
        held = await semaphore.acquire()

        async def work(name: str, weight: int) -> None:
            async with semaphore.permits(weight):
                order.append(name)

        heavy = asyncio.create_task(work("heavy", 3))
        await auntil(lambda: client.llen(f"{namespace}:semaphore:{{x}}:queue") == 1)
        light = [asyncio.create_task(work("light", 1)) for _ in range(4)]
        await auntil(lambda: client.llen(f"{namespace}:semaphore:{{x}}:queue") == 5)
        assert isinstance(await semaphore.try_acquire(), Held)  # two are free, and kept for who stands first
        await held.release()
        await asyncio.gather(heavy, *light)
        assert order == ["heavy"] + 4 * ["light"]

    run(server, body)


def test_the_body_is_cancelled_when_its_permits_are_lost(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        semaphore = redis_patterns.aio.Semaphore(redis, "x", limit=2, ttl=0.6, namespace=namespace)
        with pytest.raises(LockError, match="LOCKLOST"):
            async with semaphore.permits():
                client.delete(f"{namespace}:semaphore:{{x}}")
                await asyncio.sleep(30)

    run(server, body)


def test_cancelled_tasks_leave_neither_permits_nor_places(
    server: Server, client: Any, namespace: str, seed: int
) -> None:
    rng = random.Random(seed)
    keys = [f"{namespace}:semaphore:{{x}}{field}" for field in ("", ":queue", ":waiters")]

    async def body(redis: Any) -> None:
        semaphore = redis_patterns.aio.Semaphore(redis, "x", limit=3, namespace=namespace, patience=30.0)

        async def work() -> None:
            async with semaphore.permits(rng.randint(1, 3)):
                await asyncio.sleep(rng.random() * 0.002)

        for _ in range(20):
            tasks = [asyncio.create_task(work()) for _ in range(5)]
            for task in tasks:
                await asyncio.sleep(rng.random() * 0.004)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await auntil(lambda: client.exists(*keys) == 0)

    run(server, body)


def test_a_fenced_value_refuses_the_late_holder_of_a_lock(client: Any, namespace: str) -> None:
    value = FencedValue(client, "report", ttl=timedelta(minutes=1), namespace=namespace)
    assert value.read() is None
    late = Lock(client, "x", ttl=0.05, namespace=namespace).acquire()
    until(lambda: late.lost)
    with Lock(client, "x", namespace=namespace) as lease:
        assert value.write(b"new", fence=lease.fence) == FencedWritten()
        assert value.write(b"late", fence=late.fence) == FencedStale(lease.fence)
        assert value.write(b"again", fence=lease.fence) == FencedWritten()
    assert value.read() == b"again"


def test_a_value_without_a_fence_takes_the_late_write(client: Any, namespace: str) -> None:
    """The control: SET, under the same lock and in the same order, ends with the late writer's value."""
    name = f"{namespace}:naive:value"
    late = Lock(client, "x", ttl=0.05, namespace=namespace).acquire()
    until(lambda: late.lost)
    with Lock(client, "x", namespace=namespace):
        client.set(name, b"new", ex=60)
        client.set(name, b"late", ex=60)
    assert client.get(name) == b"late"


def test_fenced_values_are_bytes_and_fences_whole_numbers(client: Any, namespace: str) -> None:
    value = FencedValue(client, "x", ttl=60, namespace=namespace)
    wrong: list[tuple[Any, int]] = [("text", 1), (b"", 0), (b"", 2**53)]
    for payload, fence in wrong:
        with pytest.raises(patterns.RedisError) as caught:
            value.write(payload, fence=fence)
        assert caught.value.code is patterns.Code.ARGUMENT
