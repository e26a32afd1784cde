"""Streams when consumers die, connections end, and the stream itself vanishes."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from conftest import Server
from proxy import Proxy
from redis_patterns.aio import StreamMessage
from redis_patterns.script import load
from streaming import Working, fill, run
from waiting import auntil


def test_what_a_dead_consumer_left_is_taken_over_when_it_has_lain(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 5)
        key = f"{namespace}:stream:{{x}}"
        client.xgroup_create(key, "g", "0")
        client.xreadgroup("g", "dead", {key: ">"}, count=5)
        deliveries: list[int] = []

        async def handler(message: StreamMessage) -> None:
            deliveries.append(message.deliveries)

        async with Working(redis, namespace, handler, idle=0.3) as consumer:
            await auntil(lambda: consumer.stats.acked == 5)
            assert consumer.stats.claimed == 5
        assert deliveries == [2] * 5

    run(server, body)


def test_a_restart_under_the_same_name_gets_what_it_left_at_once(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 5)
        key = f"{namespace}:stream:{{x}}"
        client.xgroup_create(key, "g", "0")
        client.xreadgroup("g", "me", {key: ">"}, count=3)
        seen: list[tuple[str, int]] = []

        async def handler(message: StreamMessage) -> None:
            seen.append((message.text("n"), message.deliveries))

        async with Working(redis, namespace, handler, name="me", idle=3600.0) as consumer:
            await auntil(lambda: consumer.stats.acked == 5)
        assert sorted(seen) == [("0", 2), ("1", 2), ("2", 2), ("3", 1), ("4", 1)]

    run(server, body)


def test_a_read_whose_reply_was_lost_is_made_up_for_at_once(server: Server, namespace: str) -> None:
    proxy = Proxy(server.path, b"XREADGROUP")

    async def body(redis: Any) -> None:
        seen: Counter[str] = Counter()

        async def handler(message: StreamMessage) -> None:
            seen[message.text("n")] += 1

        proxy.lose = 3
        async with Working(redis, namespace, handler, idle=3600.0) as consumer:
            await fill(redis, namespace, 20)
            await auntil(lambda: consumer.stats.acked == 20)
            assert consumer.stats.reconnects >= 1
        assert seen == Counter(str(n) for n in range(20))

    try:
        run(server, body, f"redis://127.0.0.1:{proxy.port}")
    finally:
        proxy.close()


def test_an_ack_whose_reply_was_lost_is_repeated_and_no_loss(server: Server, client: Any, namespace: str) -> None:
    proxy = Proxy(server.path, load("stream_ack").sha1.encode())

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 5)
        handled = 0

        async def handler(message: StreamMessage) -> None:
            nonlocal handled
            handled += 1

        proxy.lose = 2
        async with Working(redis, namespace, handler, idle=3600.0, concurrency=1) as consumer:
            key = f"{namespace}:stream:{{x}}"
            await auntil(lambda: handled == 5 and client.xpending(key, "g")["pending"] == 0)
            assert consumer.stats.lost == 0
        assert handled == 5

    try:
        run(server, body, f"redis://127.0.0.1:{proxy.port}")
    finally:
        proxy.close()


@pytest.mark.parametrize("damage", ["FLUSHALL", "DEL", "RENAME", "XGROUP"])
def test_a_group_that_vanishes_is_made_anew_and_nothing_after_it_is_missed(
    own_server: Server, namespace: str, damage: str
) -> None:
    key = f"{namespace}:stream:{{x}}"
    words = {
        "FLUSHALL": ("FLUSHALL",),
        "DEL": ("DEL", key),
        "RENAME": ("RENAME", key, "elsewhere"),
        "XGROUP": ("XGROUP", "DESTROY", key, "g"),
    }[damage]

    async def body(redis: Any) -> None:
        stream = await fill(redis, namespace, 3)
        seen: set[str] = set()

        async def handler(message: StreamMessage) -> None:
            seen.add(message.text("n"))

        # It waits in a read when the damage is done, so the error reaches it there.
        async with Working(redis, namespace, handler, wait=20.0, idle=60.0) as consumer:
            await auntil(lambda: consumer.stats.acked == 3)
            await redis.execute_command(*words)
            await stream.add({"n": "after"})
            await auntil(lambda: "after" in seen)
            await auntil(lambda: consumer.stats.healed >= 1)
            await redis.execute_command("SCRIPT", "FLUSH")
            await stream.add({"n": "later"})
            await auntil(lambda: "later" in seen)
            consumer.stop()
            await stream.add({"n": "wakes the read"})

    run(own_server, body)


def test_a_server_that_comes_back_is_worked_on_again(own_server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        stream = await fill(redis, namespace, 3)
        seen: set[str] = set()

        async def handler(message: StreamMessage) -> None:
            seen.add(message.text("n"))

        async with Working(redis, namespace, handler) as consumer:
            await auntil(lambda: consumer.stats.acked == 3)
            await asyncio.to_thread(own_server.restart)
            await stream.add({"n": "after"})
            await auntil(lambda: "after" in seen, 20)
            assert consumer.stats.reconnects >= 1

    run(own_server, body)


def test_a_long_handler_keeps_its_message(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        runs = 0
        go = asyncio.Event()

        async def handler(message: StreamMessage) -> None:
            nonlocal runs
            runs += 1
            await go.wait()

        options = {"idle": 1.2, "grace": 5.0}
        async with Working(redis, namespace, handler, **options) as one, Working(redis, namespace, handler, **options):
            await auntil(lambda: runs == 1)
            renewals = client.info("commandstats").get("cmdstat_xclaim", {}).get("calls", 0)
            # Renewed four times: longer than it could lie without being claimed.
            await auntil(lambda: client.info("commandstats")["cmdstat_xclaim"]["calls"] >= renewals + 6, 20)
            assert runs == 1
            go.set()
            await auntil(lambda: client.xpending(f"{namespace}:stream:{{x}}", "g")["pending"] == 0)
        assert runs == 1
        assert one.stats.lost == 0

    run(server, body)


def test_a_handler_that_lost_its_message_is_cancelled_and_ends_nothing(
    server: Server, client: Any, namespace: str
) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        key = f"{namespace}:stream:{{x}}"
        cancelled = asyncio.Event()

        async def handler(message: StreamMessage) -> None:
            # Somebody takes it, as after a pause that was longer than `idle`.
            client.xclaim(key, "g", "thief", 0, [message.id])
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async with Working(redis, namespace, handler, idle=0.5) as consumer:
            await asyncio.wait_for(cancelled.wait(), 10)
            await auntil(lambda: consumer.stats.lost == 1)
            consumer.stop()
        assert consumer.stats.acked == 0
        assert [one["consumer"] for one in client.xpending_range(key, "g", "-", "+", 10)] == [b"thief"]

    run(server, body)


def test_old_work_behind_much_that_is_fresh_is_found(server: Server, client: Any, namespace: str) -> None:
    key = f"{namespace}:stream:{{x}}"

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 300)
        client.xgroup_create(key, "g", "0")
        client.xreadgroup("g", "busy", {key: ">"}, count=290)
        ((_, entries),) = client.xreadgroup("g", "dead", {key: ">"}, count=10)
        for entry, _ in entries:
            client.execute_command(b"XCLAIM", key, "g", "dead", 0, entry, "IDLE", 600_000, "RETRYCOUNT", 1)

        async def handler(message: StreamMessage) -> None:
            pass

        # A page of claims looks at ten times as many as it may take: here at 20 of 300.
        async with Working(redis, namespace, handler, concurrency=2) as consumer:
            await auntil(lambda: consumer.stats.acked == 10)
            assert consumer.stats.claimed == 10

    run(server, body)
