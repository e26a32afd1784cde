"""A worker on a board, a counter or a queue, for the mixed fleet of tests."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

from . import Counted, Leaderboard, QueueEmpty, ReliableQueue, ScoreSubmitted, SharedCounter, aio

# More than any kill can use up: what is killed again and again is not the job's fault.
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class StructureWorker:
    """`meet` returns when every worker of the fleet has come to it as often as this one."""

    url: str
    redis: redis.Redis
    namespace: str
    meet: Callable[[], None]

    def board(self, name: str, rounds: int) -> dict[str, Any]:
        """Submits players of its own with one score, and says which rank each was told; then adds to a player that all
        share, one at a time, and says every sum.
        """
        board = Leaderboard(self.redis, name, namespace=self.namespace)

        def first(told: Any) -> Any:
            assert isinstance(told, ScoreSubmitted)
            return told.places[0]

        self.meet()
        players = [f"{_me()}-{number}" for number in range(rounds)]
        ranks = {player: first(board.submit(player, 100)).rank for player in players}
        self.meet()
        sums = [first(board.submit("shared", 1, mode="add")).score for _ in range(rounds)]
        return {"ranks": ranks, "sums": sums}

    def counter(self, name: str, most: int, attempts: int) -> dict[str, Any]:
        """Adds one at a time to a counter with a bound, each twice with one request id, as after a lost answer."""
        counter = SharedCounter(self.redis, name, ttl=600.0, least=0, most=most, namespace=self.namespace)
        counted, refused, different = [], 0, 0
        self.meet()
        for number in range(attempts):
            request = f"{_me()}-{number}"
            told = counter.add(request=request)
            different += counter.add(request=request).value != told.value
            if isinstance(told, Counted):
                counted.append(told.value)
            else:
                refused += 1
        return {"counted": counted, "refused": refused, "different": different}

    def queue(self, name: str, lease_us: int, work_us: int) -> dict[str, int]:
        """Works on a queue until the key `<namespace>:fleet:done` is there. A test kills it at random.

        Each hand-out goes into one list, each piece of work that was finished and each `acked` into a hash.
        """
        lease = lease_us / 1_000_000
        jobs = ReliableQueue(self.redis, name, lease=lease, tries=_TRIES, namespace=self.namespace)
        ends = Counter(acked=0, retried=0, buried=0, lost=0)
        while not self.redis.exists(self._key("done")):
            job = jobs.pop(wait=0.05)
            if isinstance(job, QueueEmpty):
                continue
            self.redis.rpush(self._key("hands"), f"{job.id} {job.attempt}")
            time.sleep(random.uniform(0, work_us) / 1_000_000)
            self.redis.hincrby(self._key("handled"), job.id, 1)
            roll = random.randrange(10)
            if roll == 0:
                job.extend()
            end = job.retry(0.005) if roll == 1 else "acked" if job.ack() else "lost"
            ends[end] += 1
            if end == "acked":
                self.redis.hincrby(self._key("acked"), job.id, 1)
        return dict(ends)

    def queue_aio(self, name: str, lease_us: int, work_us: int) -> dict[str, int]:
        """With asyncio, two jobs at a time."""

        async def body() -> dict[str, int]:
            client, lease = aio.connect(self.url), lease_us / 1_000_000
            jobs = aio.ReliableQueue(client, name, lease=lease, tries=_TRIES, namespace=self.namespace)
            ends = Counter(acked=0, retried=0, buried=0, lost=0)

            async def work() -> None:
                while not await client.exists(self._key("done")):
                    job = await jobs.pop(wait=0.05)
                    if isinstance(job, QueueEmpty):
                        continue
                    await client.rpush(self._key("hands"), f"{job.id} {job.attempt}")
                    await asyncio.sleep(random.uniform(0, work_us) / 1_000_000)
                    await client.hincrby(self._key("handled"), job.id, 1)
                    acked = await job.ack()
                    ends["acked" if acked else "lost"] += 1
                    if acked:
                        await client.hincrby(self._key("acked"), job.id, 1)

            await asyncio.gather(work(), work())
            await client.aclose()
            return dict(ends)

        return asyncio.run(body())

    def _key(self, field: str) -> str:
        return f"{self.namespace}:fleet:{field}"


def _me() -> str:
    return f"python-{os.getpid()}"
