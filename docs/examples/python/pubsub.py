"""Pub/sub in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from typing import Any

import redis_patterns
import redis_patterns.aio
from redis_patterns import TEXT, Gap, Message, Publisher, Subscriber, Undecodable


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])

    # --8<-- [start:publish]
    orders = Subscriber(redis, ["orders"], codec=TEXT, namespace=namespace)
    publisher = Publisher(redis, "orders", codec=TEXT, namespace=namespace)
    with orders:
        publisher.publish("42 paid")
        # --8<-- [end:publish]

        # --8<-- [start:read]
        for event in orders:
            match event:
                case Message(value=value, sequence=sequence):
                    say(f"got: {value}, number {sequence}")
                    break
                case Gap(missed=missed):  # messages are missing: read the state again that they are about
                    say(f"missed {missed or 'some'}")
                case Undecodable(payload=payload):
                    say(f"not ours: {payload.decode()}")
        # --8<-- [end:read]

    # --8<-- [start:pattern]
    with Subscriber(redis, patterns=["stock.*"], codec=TEXT, namespace=namespace) as stock:
        Publisher(redis, "stock.eu", codec=TEXT, namespace=namespace).publish("7 left")
        match stock.next(timeout=10):
            case Message(value, channel, pattern=pattern):
                say(f"{channel}, by {pattern}: {value}")
    # --8<-- [end:pattern]

    # --8<-- [start:slow]
    slow = Subscriber(redis, ["ticks"], codec=TEXT, buffer=2, slow_reader="drop_oldest", namespace=namespace)
    with slow:
        ticks = Publisher(redis, "ticks", codec=TEXT, namespace=namespace)
        for tick in range(1, 6):
            ticks.publish(str(tick))
        while slow.dropped < 3:  # the reader sleeps
            time.sleep(0.005)
        match slow.next(), slow.next(), slow.next():
            case Gap(missed=missed), Message(value=fourth), Message(value=fifth):
                say(f"missed {missed}, then {fourth}, then {fifth}")
        # --8<-- [end:slow]

        # --8<-- [start:foreign]
        redis.publish(f"{namespace}:channel:{{ticks}}", "plain text")
        match slow.next(timeout=10):
            case Undecodable(payload=payload):
                say(f"not ours: {payload.decode()}")
        # --8<-- [end:foreign]
    redis.close()

    # --8<-- [start:aio]
    async def both() -> int:
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            publisher = redis_patterns.aio.Publisher(redis, "orders", codec=TEXT, namespace=namespace)
            async with (
                redis_patterns.aio.Subscriber(redis, ["orders"], codec=TEXT, namespace=namespace) as one,
                redis_patterns.aio.Subscriber(redis, ["orders"], codec=TEXT, namespace=namespace) as other,
            ):
                await publisher.publish("43 paid")
                events = await asyncio.gather(one.next(timeout=10), other.next(timeout=10))
        return sum(isinstance(event, Message) and event.value == "43 paid" for event in events)

    # --8<-- [end:aio]
    say(f"43 paid: {asyncio.run(both())} readers got it")
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
