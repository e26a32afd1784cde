"""Streams with asyncio: delivery, retries, dead letters, stopping."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from conftest import Server
from redis_patterns import RedisError
from redis_patterns.aio import StreamConsumer, StreamMessage, StreamReject
from streaming import QUICK, Working, fill, run
from waiting import auntil


def test_every_message_is_handled_once_when_nothing_fails(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        stream = await fill(redis, namespace, 50)
        seen: Counter[str] = Counter()

        async def handler(message: StreamMessage) -> None:
            assert message.deliveries == 1
            seen[message.text("n")] += 1

        async with Working(redis, namespace, handler) as consumer:
            await auntil(lambda: consumer.stats.acked == 50)
        assert seen == Counter(str(n) for n in range(50))
        lag = await stream.lag("g")
        assert lag is not None
        assert (lag.unread, lag.pending, lag.exact) == (0, 0, True)
        assert await stream.lag("nobody") is None

    run(server, body)


def test_no_more_messages_are_in_hand_than_the_concurrency(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 20)
        inside = most = 0

        async def handler(message: StreamMessage) -> None:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.005)
            inside -= 1

        async with Working(redis, namespace, handler, concurrency=3) as consumer:
            await auntil(lambda: consumer.stats.acked == 20)
        assert most == 3

    run(server, body)


def test_what_fails_is_tried_again_and_then_buried_with_its_error(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        stream = await fill(redis, namespace, 3)
        tries: Counter[str] = Counter()

        async def handler(message: StreamMessage) -> None:
            tries[message.text("n")] += 1
            assert message.deliveries == tries[message.text("n")]
            if message.text("n") == "1":
                raise ValueError("never")
            if message.text("n") == "2" and message.deliveries == 1:
                raise StreamReject("no such order")

        async with Working(redis, namespace, handler, max_deliveries=3) as consumer:
            await auntil(lambda: consumer.stats.acked == 1 and consumer.stats.buried == 2)
        assert tries == {"0": 1, "1": 3, "2": 1}
        letters = {letter.fields["n"]: letter for letter in await stream.dead_letters()}
        assert (letters[b"1"].reason, letters[b"1"].deliveries) == ("max_deliveries", 3)
        assert letters[b"1"].error == "ValueError: never"
        assert (letters[b"2"].reason, letters[b"2"].error) == ("rejected", "no such order")
        assert await stream.dead_letters(after=letters[b"1"].id) == []
        revived = await stream.revive(letters[b"2"].id)
        assert revived is not None
        assert await stream.revive(letters[b"2"].id) is None
        assert getattr(await stream.lag("g"), "unread", None) == 1

    run(server, body)


def test_a_retry_comes_after_its_back_off_and_not_before(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        at: list[float] = []

        async def handler(message: StreamMessage) -> None:
            at.append(asyncio.get_running_loop().time())
            if message.deliveries < 3:
                raise ValueError

        async with Working(redis, namespace, handler, backoff=0.4) as consumer:
            await auntil(lambda: consumer.stats.acked == 1)
        # Half of the back-off is certain, and it doubles; the server counts whole milliseconds.
        assert at[1] - at[0] > 0.198
        assert at[2] - at[1] > 0.398

    run(server, body)


def test_a_stop_finishes_what_is_in_hand_and_gives_the_rest_back(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 4)
        key = f"{namespace}:stream:{{x}}"
        entered: list[str] = []
        go = asyncio.Event()

        async def handler(message: StreamMessage) -> None:
            entered.append(message.id)
            if len(entered) < 3:
                await go.wait()
            else:
                await asyncio.sleep(60)

        consumer = StreamConsumer(redis, "x", "g", namespace=namespace, concurrency=3, grace=0.5, **QUICK)
        task = asyncio.create_task(consumer.run(handler))
        await auntil(lambda: len(entered) == 3)
        consumer.stop()
        go.set()
        await task
        assert consumer.stats.acked == 2
        assert consumer.stats.released == 1
        # The one that took too long lies there for anybody, and its try was not counted.
        (left,) = client.xpending_range(key, "g", "-", "+", 10)
        assert (left["message_id"].decode(), left["consumer"], left["times_delivered"]) == (entered[2], b":waiting", 0)
        assert left["time_since_delivered"] >= 60_000
        assert [one["name"] for one in client.xinfo_consumers(key, "g")] == [b":waiting"]

        seen: list[int] = []

        async def other(message: StreamMessage) -> None:
            seen.append(message.deliveries)

        async with Working(redis, namespace, other) as second:
            await auntil(lambda: second.stats.acked == 2)
        assert seen == [1, 1]

    run(server, body)


def test_cancelling_run_stops_as_gracefully_and_leaves_nothing_running(server: Server, namespace: str) -> None:
    async def body(redis: Any) -> None:
        await fill(redis, namespace, 2)
        done = 0

        async def handler(message: StreamMessage) -> None:
            nonlocal done
            await asyncio.sleep(0.05)
            done += 1

        consumer = StreamConsumer(redis, "x", "g", namespace=namespace, **{**QUICK, "wait": 30.0})
        task = asyncio.create_task(consumer.run(handler))
        await auntil(lambda: consumer.stats.received == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == consumer.stats.acked == 2
        await auntil(lambda: asyncio.all_tasks() == {asyncio.current_task()})

    run(server, body)


def test_a_message_whose_field_is_no_text_is_buried_and_the_others_go_on(
    server: Server, client: Any, namespace: str
) -> None:
    async def body(redis: Any) -> None:
        key = f"{namespace}:stream:{{x}}"
        client.xadd(key, {b"\xff": b"1"})
        stream = await fill(redis, namespace, 1)

        async def handler(message: StreamMessage) -> None:
            pass

        async with Working(redis, namespace, handler) as consumer:
            await auntil(lambda: consumer.stats.acked == 1 and consumer.stats.buried == 1)
        (letter,) = await stream.dead_letters()
        assert letter.reason == "undecodable"
        assert list(letter.fields.values()) == [b"1"]

    run(server, body)


def test_what_no_waiting_mends_ends_run_with_an_error(server: Server, client: Any, namespace: str) -> None:
    async def body(redis: Any) -> None:
        client.set(f"{namespace}:stream:{{x}}", "no stream", ex=60)

        async def handler(message: StreamMessage) -> None:
            pass

        consumer = StreamConsumer(redis, "x", "g", namespace=namespace, **QUICK)
        with pytest.raises(RedisError, match="WRONGTYPE"):
            await consumer.run(handler)
        with pytest.raises(RedisError, match="once"):
            await consumer.run(handler)
        for wrong in ({"concurrency": 0}, {"idle": 0.0}, {"start": "now"}, {"name": ":waiting"}, {"max_deliveries": 0}):
            with pytest.raises(RedisError, match="ARGUMENT"):
                StreamConsumer(redis, "x", "g", **wrong)

    run(server, body)
