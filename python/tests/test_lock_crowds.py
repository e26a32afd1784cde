"""Hundreds of waiters at once: all are served in their order, and one connection hears for them."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import redis_patterns
import redis_patterns.aio as patterns
from conftest import Server
from waiting import auntil, until

CROWD = 300


def test_hundreds_of_waiting_tasks_are_served_in_their_order(server: Server, client: Any, namespace: str) -> None:
    async def main() -> None:
        async with patterns.connect(server.url, timeout=20) as redis:
            lock = patterns.Lock(redis, "x", namespace=namespace, patience=60.0, wait=120.0)
            queue = f"{namespace}:lock:{{x}}:queue"
            fences: list[tuple[int, int]] = []

            async def work(number: int) -> None:
                async with lock as lease:
                    fences.append((lease.fence, number))

            holder = await lock.acquire()
            tasks: list[asyncio.Task[None]] = []
            for number in range(CROWD):
                tasks.append(asyncio.create_task(work(number)))
                await auntil(lambda: client.llen(queue) == len(tasks), within=20)
            assert client.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 1
            await holder.release()
            await asyncio.gather(*tasks)
            assert fences == sorted(fences)
            assert [number for _, number in fences] == list(range(CROWD))
            assert client.exists(queue, f"{namespace}:lock:{{x}}:waiters", f"{namespace}:lock:{{x}}") == 0

    asyncio.run(main())


def test_a_hundred_waiting_threads_share_one_listening_connection(server: Server, client: Any, namespace: str) -> None:
    channel = f"{namespace}:lock:{{x}}:wake"
    with redis_patterns.connect(server.url, timeout=20) as redis:
        lock = redis_patterns.Lock(redis, "x", namespace=namespace, patience=60.0, wait=120.0)
        fences: list[int] = []

        def work() -> None:
            with lock as lease:
                fences.append(lease.fence)

        holder = lock.acquire()
        threads = [threading.Thread(target=work) for _ in range(100)]
        for thread in threads:
            thread.start()
        until(lambda: client.llen(f"{namespace}:lock:{{x}}:queue") == 100, within=20)
        until(lambda: client.pubsub_numsub(channel)[0][1] == 1)
        holder.release()
        for thread in threads:
            thread.join(30)
        assert len(fences) == 100
        assert fences == sorted(fences)
        until(lambda: client.pubsub_numsub(channel)[0][1] == 0)


def test_waiters_whose_listening_connection_is_cut_ask_by_themselves(
    server: Server, client: Any, namespace: str
) -> None:
    async def main() -> None:
        async with patterns.connect(server.url) as redis:
            lock = patterns.Lock(redis, "x", namespace=namespace, patience=0.6)
            holder = await lock.acquire()

            async def work() -> None:
                await (await lock.acquire()).release()

            waiters = [asyncio.create_task(work()) for _ in range(3)]
            await auntil(lambda: client.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 1)
            for other in client.client_list(_type="pubsub"):
                client.client_kill_filter(_id=other["id"])
            await holder.release()
            await asyncio.gather(*waiters)

    asyncio.run(main())
