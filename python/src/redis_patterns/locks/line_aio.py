"""Asks for a lease once, or stands in the queue for it, for asyncio."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import redis.asyncio

from .. import _aio
from .._clock import clock, deadline, new_token
from ..errors import LockError, RedisError
from ..runner import arun
from ..script import ScriptCall
from .calls import Acquired, Held, Release, Waiting
from .lease_aio import Lease
from .wake_aio import Wake

L = TypeVar("L", bound=Lease)


@dataclass(frozen=True, slots=True)
class Line(Generic[L]):
    """What is asked for, and how a grant becomes a lease."""

    redis: redis.asyncio.Redis
    name: str
    ttl_us: int
    patience_us: int
    channel: str
    acquire: Callable[[str, int], ScriptCall[Acquired | Waiting | Held]]
    """By owner and patience in microseconds."""
    release: Callable[[str], ScriptCall[Release]]
    granted: Callable[[str, int, float], L]
    """By owner, fence, and the end by our clock."""

    async def ask_once(self) -> L | Held:
        """The lease, or how long the present one lasts; never waits."""
        owner = new_token()
        try:
            got = await self._ask(owner, 0)
        except BaseException:
            await _aio.finish(lambda: self._leave(owner), 1.0)
            raise
        return Held(got.retry_after) if isinstance(got, (Held, Waiting)) else got

    async def stand(self, wait: float) -> L:
        """Waits in the queue for `wait` seconds. Cancelling leaves it.

        Raises `LockError` (`LOCKWAIT`).
        """
        end = clock() + wait
        owner = new_token()
        wake = Wake(self.redis, self.channel, owner)
        try:
            try:
                return await self._stand(owner, wake, end)
            finally:
                await _aio.finish(wake.close, 1.0)
        except BaseException:
            await _aio.finish(lambda: self._leave(owner), 1.0)
            raise

    async def _stand(self, owner: str, wake: Wake, end: float) -> L:
        while True:
            got = await self._ask(owner, self.patience_us)
            if not isinstance(got, (Held, Waiting)):
                return got
            left = end - clock()
            if left <= 0:
                raise LockError(LockError.WAIT, f"{self.name} was not granted within the wait")
            if await wake.open():
                continue  # it may have been granted before we listened
            pause = self.patience_us / 3_000_000 * random.uniform(0.8, 1)
            await wake.wait(min(pause, max(got.retry_after.total_seconds(), 0.001), left))

    async def _ask(self, owner: str, patience_us: int) -> L | Waiting | Held:
        sent = clock()
        call = self.acquire(owner, patience_us)
        got = await _aio.complete(lambda: arun(self.redis, call))
        if not isinstance(got, Acquired):
            return got
        end = deadline(sent, self.ttl_us / 1_000_000)
        if clock() >= end:
            raise LockError(LockError.LOST, f"the answer came after the lease on {self.name} had ended")
        return self.granted(owner, got.fence, end)

    async def _leave(self, owner: str) -> None:
        with contextlib.suppress(RedisError):  # the place lapses by itself
            await arun(self.redis, self.release(owner))
