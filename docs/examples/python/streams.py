"""A stream in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from typing import Any

import redis_patterns
import redis_patterns.aio
from redis_patterns import StreamMessage, StreamReject


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])

    # --8<-- [start:add]
    orders = redis_patterns.MessageStream(redis, "orders", namespace=namespace)
    first = orders.add({"order": "1", "type": "created"}, request="order-1-created")
    again = orders.add({"order": "1", "type": "created"}, request="order-1-created")
    say(f"appended once: {'yes' if again.duplicate and again.id == first.id else 'no'}")
    # --8<-- [end:add]

    orders.add({"order": "2", "type": "created"})
    orders.add({"order": "3", "type": "created"})

    billed: list[str] = []

    # --8<-- [start:consume]
    def bill(message: StreamMessage) -> None:
        order = message.text("order")
        if order == "2" and message.deliveries == 1:
            raise RuntimeError("card declined")  # again, after a back-off
        if order == "3":
            raise StreamReject("no such order")  # to the dead letters
        billed.append(f"order {order} in delivery {message.deliveries}")

    consumer = redis_patterns.StreamConsumer(
        redis, "orders", "billing", max_deliveries=3, backoff=0.02, wait=0.1, namespace=namespace
    )
    work = threading.Thread(target=consumer.run, args=[bill])
    work.start()
    # --8<-- [end:consume]

    # --8<-- [start:stop]
    while consumer.stats.acked + consumer.stats.buried < 3:
        time.sleep(0.005)
    consumer.stop()  # finishes what is in hand, gives back the rest
    work.join()
    # --8<-- [end:stop]
    for line in sorted(billed):
        say(f"billed: {line}")

    # --8<-- [start:dead]
    for letter in orders.dead_letters():
        say(f"dead: {letter.reason}, {letter.error}")
        revived = orders.revive(letter.id)
        say(f"revived: {'no' if revived is None else 'yes'}")
    # --8<-- [end:dead]

    # --8<-- [start:lag]
    lag = orders.lag("billing")
    if lag is not None:
        say(f"unread: {lag.unread}, pending: {lag.pending}")
    # --8<-- [end:lag]

    # --8<-- [start:takeover]
    async def take_over() -> None:
        # A consumer dies with a message in hand: another takes it over once it has lain for `idle`.
        async with redis_patterns.aio.connect(ctx["url"]) as client:
            await client.xreadgroup("billing", "crashed", {f"{namespace}:stream:{{orders}}": ">"})
            heir = redis_patterns.aio.StreamConsumer(
                client, "orders", "billing", idle=0.1, wait=0.1, namespace=namespace
            )

            async def bill(message: StreamMessage) -> None:
                say(f"taken over: order {message.text('order')} in delivery {message.deliveries}")
                heir.stop()

            await heir.run(bill)

    asyncio.run(take_over())
    # --8<-- [end:takeover]
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
