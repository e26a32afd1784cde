"""A worker on a stream, for the mixed fleet of tests: works until the key `<namespace>:fleet:done` is there."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import redis

from . import StreamConsumer, StreamMessage, aio
from .runner import send
from .streams import calls, replies

GROUP = "fleet"
# More than any kill can use up: what is killed again and again is not the message's fault.
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class StreamWorker:
    """Counts in one hash how often each message was handled. A test kills it at random."""

    url: str
    redis: redis.Redis
    namespace: str
    name: str
    consumer: str
    idle_us: int
    work_us: int

    @property
    def _options(self) -> dict[str, Any]:
        idle = self.idle_us / 1_000_000
        given = {"concurrency": 4, "max_deliveries": _TRIES, "idle": idle, "wait": 0.2, "backoff": 0.01}
        return {"name": self.consumer, "namespace": self.namespace, **given}

    def run(self) -> dict[str, Any]:
        """With threads."""
        consumer = StreamConsumer(self.redis, self.name, GROUP, **self._options)

        def watch() -> None:
            self._until_done()
            consumer.stop()

        threading.Thread(target=watch, daemon=True).start()
        consumer.run(self._work)
        return asdict(consumer.stats)

    def run_aio(self) -> dict[str, Any]:
        """With asyncio."""

        async def body() -> dict[str, Any]:
            client = aio.connect(self.url)
            consumer = aio.StreamConsumer(client, self.name, GROUP, **self._options)

            async def work(message: StreamMessage) -> None:
                await asyncio.sleep(self._pause())
                await client.hincrby(self._handled, message.text("n"), 1)

            running = asyncio.create_task(consumer.run(work))
            await asyncio.to_thread(self._until_done)
            consumer.stop()
            await running
            await client.aclose()
            return asdict(consumer.stats)

        return asyncio.run(body())

    def run_naively(self) -> dict[str, Any]:
        """The control: acknowledges what it reads before it works, and never looks at what others left."""
        keys = calls.Keys.of(self.name, namespace=self.namespace)
        handled = 0
        while not self.redis.exists(f"{self.namespace}:fleet:done"):
            words = calls.read(keys, group=GROUP, consumer=self.consumer, count=4, block_ms=50)
            messages = replies.read_messages(send(self.redis, words)).messages
            for message in messages:
                self.redis.execute_command("XACK", keys.stream, GROUP, message.id)
            for message in messages:
                self._work(message)
                handled += 1
        return {"handled": handled}

    @property
    def _handled(self) -> str:
        return f"{self.namespace}:fleet:handled"

    def _work(self, message: StreamMessage) -> None:
        time.sleep(self._pause())
        self.redis.hincrby(self._handled, message.text("n"), 1)

    def _pause(self) -> float:
        return random.uniform(0, self.work_us) / 1_000_000

    def _until_done(self) -> None:
        while not self.redis.exists(f"{self.namespace}:fleet:done"):
            time.sleep(0.02)
