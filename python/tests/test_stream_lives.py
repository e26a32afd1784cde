"""Streams when a consumer's name lives on: stops, restarts, and what a former life still sends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from conftest import Server
from redis_patterns.aio import StreamConsumer, StreamMessage
from redis_patterns.runner import run as call_script
from redis_patterns.streams import calls
from streaming import QUICK, Working, fill, run
from waiting import auntil


async def never(message: StreamMessage) -> None:
    await asyncio.sleep(600)


def pending(client: Any, key: str, most: int = 2000) -> list[Any]:
    return list(client.xpending_range(key, "g", "-", "+", most))


def test_what_a_former_life_of_a_name_sends_late_ends_nothing(server: Server, client: Any, namespace: str) -> None:
    key, keys = f"{namespace}:stream:{{x}}", calls.Keys.of("x", namespace=namespace)

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        receipts: list[calls.Receipt] = []
        for _ in range(2):
            async with Working(redis, namespace, never, name="me", grace=0.0) as consumer:
                await auntil(lambda: consumer.stats.received + consumer.stats.claimed == 1)
                (one,) = pending(client, key)
                receipts.append(
                    {
                        "group": "g",
                        "consumer": one["consumer"].decode(),
                        "message_id": one["message_id"].decode(),
                        "deliveries": one["times_delivered"],
                    }
                )
                if len(receipts) == 2:
                    # Given back uncounted and claimed anew: the first life's late calls must not mean this delivery.
                    first = receipts[0]
                    assert call_script(client, calls.ack(keys, **first)) == "lost"
                    assert call_script(client, calls.release(keys, **first, idle_us=60_000_000)) == "lost"
                    leave = calls.leave(keys, group="g", consumer=first["consumer"], idle_us=60_000_000)
                    assert call_script(client, leave).released == 0
                    assert call_script(client, calls.renew(keys, **receipts[1])) == "renewed"
        assert receipts[0]["deliveries"] == receipts[1]["deliveries"] == 1

    run(server, body)


@pytest.mark.parametrize("former", ["me", "me:0f"])
def test_a_name_takes_over_what_its_former_lives_left_and_no_other_name(
    server: Server, client: Any, namespace: str, former: str
) -> None:
    key = f"{namespace}:stream:{{x}}"

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 3)
        client.xgroup_create(key, "g", "0")
        client.xreadgroup("g", former, {key: ">"}, count=2)
        client.xreadgroup("g", "me2:0f", {key: ">"}, count=1)
        seen: list[tuple[str, int]] = []

        async def handler(message: StreamMessage) -> None:
            seen.append((message.text("n"), message.deliveries))

        async with Working(redis, namespace, handler, name="me", idle=3600.0) as consumer:
            await auntil(lambda: consumer.stats.acked == 2)
        assert sorted(seen) == [("0", 2), ("1", 2)]
        assert [one["consumer"] for one in pending(client, key)] == [b"me2:0f"]
        # The empty seat goes when the name comes again.
        async with Working(redis, namespace, handler, name="me", idle=3600.0) as consumer:
            await auntil(lambda: consumer.stats.last_read is not None)
        assert [one["name"] for one in client.xinfo_consumers(key, "g")] == [b"me2:0f"]

    run(server, body)


def test_a_stop_gives_back_everything_however_much_it_is(server: Server, client: Any, namespace: str) -> None:
    key = f"{namespace}:stream:{{x}}"

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 720)
        consumer = StreamConsumer(redis, "x", "g", namespace=namespace, concurrency=720, **{**QUICK, "grace": 0.0})
        task = asyncio.create_task(consumer.run(never))
        await auntil(lambda: consumer.stats.received == 720)
        consumer.stop()
        await task
        assert consumer.stats.released == 720
        assert {one["consumer"] for one in pending(client, key)} == {b":waiting"}
        assert [one["name"] for one in client.xinfo_consumers(key, "g")] == [b":waiting"]

    run(server, body)


def test_what_is_in_hand_is_not_handed_out_again_however_long_it_lay(
    server: Server, client: Any, namespace: str
) -> None:
    key = f"{namespace}:stream:{{x}}"

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        runs, go = 0, asyncio.Event()

        async def handler(message: StreamMessage) -> None:
            nonlocal runs
            runs += 1
            await go.wait()

        def claims() -> int:
            return int(client.info("commandstats").get("cmdstat_xautoclaim", {}).get("calls", 0))

        async with Working(redis, namespace, handler, idle=0.4) as consumer:
            await auntil(lambda: runs == 1)
            (one,) = pending(client, key)
            for _ in range(4):  # as if no renewal had come for ten minutes, when the next claim looks
                options = ("IDLE", 600_000, "RETRYCOUNT", one["times_delivered"], "JUSTID")
                words = (b"XCLAIM", key, "g", one["consumer"], 0, one["message_id"], *options)
                client.execute_command(*words)
                before = claims()
                await auntil(lambda: claims() > before)  # noqa: B023
            assert runs == 1
            go.set()
            await auntil(lambda: consumer.stats.acked == 1)
            assert consumer.stats.claimed == consumer.stats.lost == 0

    run(server, body)


def in_a_process(program: str, url: str, namespace: str) -> subprocess.Popen[str]:
    text = textwrap.dedent(program)
    return subprocess.Popen([sys.executable, "-c", text, url, namespace], stdout=subprocess.PIPE, text=True)


def test_a_signal_handler_may_stop_a_consumer_that_its_thread_runs(server: Server, client: Any, namespace: str) -> None:
    program = """
        import signal, sys
        from redis_patterns import MessageStream, StreamConsumer, connect
        redis = connect(sys.argv[1])
        MessageStream(redis, "x", namespace=sys.argv[2]).add({"n": "1"})
        consumer = StreamConsumer(redis, "x", "g", namespace=sys.argv[2], wait=0.05)
        signal.signal(signal.SIGTERM, lambda *_: consumer.stop())
        consumer.run(lambda message: print("handled", flush=True))
        print(consumer.stats.acked, flush=True)
    """
    worker = in_a_process(program, server.url, namespace)
    assert worker.stdout is not None
    try:
        assert worker.stdout.readline() == "handled\n"
        worker.send_signal(signal.SIGTERM)
        assert worker.communicate(timeout=30)[0] == "1\n"
        assert worker.returncode == 0
        assert pending(client, f"{namespace}:stream:{{x}}") == []
    finally:
        worker.kill()


def test_a_stop_by_a_signal_never_waits_for_what_its_own_thread_holds(server: Server, namespace: str) -> None:
    """Thousands of signals while the thread is in the midst of what `run` waits with: an Event's lock would hold it."""
    program = """
        import signal, sys
        from redis_patterns import StreamConsumer, connect
        consumer = StreamConsumer(connect(sys.argv[1]), "x", "g", namespace=sys.argv[2])
        stops = 0
        def handler(*_):
            global stops
            stops += 1
            consumer.stop()
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
        while stops < 5000:
            consumer._stopping.wait(0)
            consumer._desk.freed.ring()
            consumer._desk.freed.wait(0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(consumer._stopping.wait(0))
    """
    worker = in_a_process(program, server.url, namespace)
    try:
        assert worker.communicate(timeout=60)[0] == "True\n"
    finally:
        worker.kill()


def test_what_another_client_named_alike_keeps_no_consumer_from_its_start(
    server: Server, client: Any, namespace: str
) -> None:
    key = f"{namespace}:stream:{{x}}"

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 3)
        client.xgroup_create(key, "g", "0")
        for foreign in ("me:10.0.0.1", "me:a:b", b"me:\xff"):
            client.xreadgroup("g", foreign, {key: ">"}, count=1)
        await fill(redis, namespace, 1, start=3)
        done: list[str] = []

        async def handle(message: StreamMessage) -> None:
            done.append(message.text("n") if hasattr(message, "text") else str(message.fields))

        async with Working(redis, namespace, handle, name="me"):
            await auntil(lambda: len(done) == 1)
        # Theirs stay theirs until they are idle for long enough.
        assert len(pending(client, key)) == 3

    run(server, body)
