"""A lock for asyncio."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import redis.asyncio

from .. import _aio
from .._arguments import Duration, microseconds
from .._clock import clock, deadline, new_token
from ..errors import LockError, RedisError, argument_error
from ..runner import arun, check
from . import calls
from .calls import Held
from .lease_aio import Lease
from .wake_aio import Wake


class Lock:
    """A lease on a name: at most one holder, first come first served, with a fencing token.

    `ttl`: how long the lease lasts; inside `async with` it is renewed every third of it. `wait`: how long `acquire` and
    `async with` wait. `patience`: how long a waiter keeps its place without asking again; it asks three times as often.
    `on_lost` is called once when a lease ends before its scope does. Durations are timedeltas or seconds.

    A lease can end while its holder is stopped or cut off: hand `lease.fence` to the resource, so that it refuses a
    late writer.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        *,
        ttl: Duration = 30.0,
        wait: Duration = 30.0,
        patience: Duration = 3.0,
        namespace: str | None = None,
        on_lost: Callable[[Lease], None] | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        self._name = name
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._ttl_us = microseconds(ttl, "ttl")
        self._wait = microseconds(wait, "wait") / 1_000_000
        self._patience_us = microseconds(patience, "patience")
        self._on_lost = on_lost
        self._leases: dict[object, list[Lease]] = {}
        if self._patience_us <= 0:
            raise argument_error("patience must be more than 0")
        calls.acquire(self._keys, owner="x", ttl_us=self._ttl_us, patience_us=self._patience_us)  # checks both

    async def try_acquire(self) -> Lease | Held:
        """The lease, or how long the present one lasts; never waits. The lease is not renewed before it is entered."""
        owner = new_token()
        try:
            got = await self._ask(owner, 0)
        except BaseException:
            await _aio.finish(lambda: self._leave(owner), 1.0)
            raise
        if isinstance(got, Lease):
            return got
        return Held(got.retry_after)

    async def acquire(self, *, wait: Duration | None = None) -> Lease:
        """Waits in the queue for the lease. Cancelling leaves the queue. The lease is not renewed before it is entered.

        Raises `LockError` (`LOCKWAIT`) when it was not granted within `wait`.
        """
        end = clock() + (self._wait if wait is None else microseconds(wait, "wait") / 1_000_000)
        owner = new_token()
        wake = Wake(self._redis, self._keys.wake, owner)
        try:
            try:
                return await self._stand(owner, wake, end)
            finally:
                await _aio.finish(wake.close, 1.0)
        except BaseException:
            await _aio.finish(lambda: self._leave(owner), 1.0)
            raise

    async def _stand(self, owner: str, wake: Wake, end: float) -> Lease:
        while True:
            got = await self._ask(owner, self._patience_us)
            if isinstance(got, Lease):
                return got
            left = end - clock()
            if left <= 0:
                raise LockError(LockError.WAIT, f"{self._name} was not granted within the wait")
            if await wake.open():
                continue  # it may have been granted before we listened
            pause = self._patience_us / 3_000_000 * random.uniform(0.8, 1)
            await wake.wait(min(pause, max(got.retry_after.total_seconds(), 0.001), left))

    async def __aenter__(self) -> Lease:
        lease = await self.acquire()
        self._leases.setdefault(_aio.scope_id(), []).append(lease)
        return await lease.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: _aio.Traceback
    ) -> None:
        scope = _aio.scope_id()
        lease = self._leases[scope].pop()
        if not self._leases[scope]:
            del self._leases[scope]
        await lease.__aexit__(kind, error, trace)

    async def _ask(self, owner: str, patience_us: int) -> Lease | calls.Waiting | Held:
        sent = clock()
        call = calls.acquire(self._keys, owner=owner, ttl_us=self._ttl_us, patience_us=patience_us)
        got = await _aio.complete(lambda: arun(self._redis, call))
        if not isinstance(got, calls.Acquired):
            return got
        end = deadline(sent, self._ttl_us / 1_000_000)
        if clock() >= end:
            raise LockError(LockError.LOST, f"the answer came after the lease on {self._name} had ended")
        return Lease(self._redis, self._name, self._keys, owner, got.fence, self._ttl_us, end, self._on_lost)

    async def _leave(self, owner: str) -> None:
        with contextlib.suppress(RedisError):  # the place lapses by itself
            await arun(self._redis, calls.release(self._keys, owner=owner))
