"""A consumer at work, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from conftest import Server
from redis_patterns import aio
from redis_patterns.aio import MessageStream, StreamConsumer, StreamMessage

QUICK: dict[str, Any] = {"wait": 0.05, "backoff": 0.02, "idle": 60.0}


def run(server: Server, body: Callable[[Any], Awaitable[None]], url: str | None = None) -> None:
    async def whole() -> None:
        redis = aio.connect(url or server.url)
        try:
            await body(redis)
        finally:
            await redis.aclose()

    asyncio.run(whole())


class Working:
    """A consumer that runs while the scope lasts."""

    def __init__(self, redis: Any, namespace: str, handler: Callable[[StreamMessage], Awaitable[None]], **options: Any):
        self.consumer = StreamConsumer(redis, "x", "g", namespace=namespace, **{**QUICK, **options})
        self._handler = handler

    async def __aenter__(self) -> StreamConsumer:
        self.task = asyncio.create_task(self.consumer.run(self._handler))
        return self.consumer

    async def __aexit__(self, *error: object) -> None:
        self.consumer.stop()
        await self.task


async def fill(redis: Any, namespace: str, count: int, start: int = 0) -> MessageStream:
    stream = MessageStream(redis, "x", namespace=namespace)
    for number in range(start, start + count):
        await stream.add({"n": str(number)})
    return stream
