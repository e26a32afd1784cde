"""A lease that was granted, for asyncio."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import redis.asyncio

from .. import _aio
from .._clock import clock, deadline
from ..errors import LockError, RedisError
from ..runner import arun
from ..script import ScriptCall
from .calls import Lost, Release, Renewed

if TYPE_CHECKING:
    from typing_extensions import Self

_log = logging.getLogger("redis_patterns")


class KeptLease:
    """Ours until it is released, or until it is lost. Inside `async with` it is renewed, and lost with notice."""

    def __init__(self, name: str, ttl_us: int, end: float, on_lost: Callable[[Any], None] | None) -> None:
        self._name = name
        self._ttl_us = ttl_us
        self._end = end
        self._on_lost = on_lost
        self._lost = _aio.Flag()
        self._released = False
        self._keeper: _aio.Keeper | None = None
        self._scope: _aio.Scope | None = None

    @property
    def remaining(self) -> timedelta:
        """How long the lease certainly lasts if it is not renewed; zero when it is lost or released."""
        if self._released or self._lost.is_set():
            return timedelta(0)
        return timedelta(seconds=max(self._end - clock(), 0))

    @property
    def lost(self) -> bool:
        """Whether the lease ended, or must be taken to have ended, before it was released."""
        return self._lost.is_set() or (not self._released and clock() >= self._end)

    async def wait_lost(self, timeout: float | None = None) -> bool:
        """Waits for the loss, up to `timeout` seconds. For use inside the scope."""
        return await self._lost.wait(timeout)

    async def renew(self) -> None:
        """Holds the lease for its whole ttl from now on. Raises `LockError` (`LOCKLOST`)."""
        if self.lost or await self._renew() is None:
            self._end_early()
            raise self._loss()

    async def release(self) -> None:
        """Gives the lock to the next in the queue. A second call does nothing.

        Raises `LockError` (`LOCKLOST`) when the lease had ended before.
        """
        if self._released:
            return
        if await _aio.complete(self._give_back) != "released":
            self._lost.set()
            raise self._loss()

    async def __aenter__(self) -> Self:
        self._scope = _aio.Scope()
        try:
            self._keeper = _aio.Keeper(
                self._renew,
                self._end_early,
                deadline=self._end,
                period=self._ttl_us / 3_000_000,
                retry=self._ttl_us / 10_000_000,
            )
        except RuntimeError:  # no thread can be started: nobody would renew it
            await self.release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: _aio.Traceback
    ) -> None:
        ours = self._scope is not None and self._scope.leave(kind)
        try:
            await self.release()
        except (LockError, RedisError):
            if kind is None or ours:
                raise
        if ours:
            raise self._loss()

    async def _give_back(self) -> Release:
        if self._keeper is not None:
            await self._keeper.stop()
        lost = self.lost
        self._released = True
        # What is lost needs no release, and the server that did not renew it may not answer that either.
        return "lost" if lost else await self._ask_release()

    async def _renew(self) -> float | None:
        sent = clock()
        if not await self._ask_renewal():
            return None
        self._end = max(self._end, deadline(sent, self._ttl_us / 1_000_000))
        return self._end

    async def _ask_renewal(self) -> bool:
        """Whether it is still ours, and lasts its whole ttl from before the question."""
        raise NotImplementedError

    async def _ask_release(self) -> Release:
        raise NotImplementedError

    def _end_early(self) -> None:
        if self._lost.is_set() or self._released:
            return
        self._lost.set()
        if self._scope is not None:
            self._scope.abort()
        if self._on_lost is not None:
            try:
                self._on_lost(self)
            except Exception:
                _log.exception("on_lost failed")

    def _loss(self) -> LockError:
        return LockError(LockError.LOST, f"the lease on {self._name} ended before the work did")


class Lease(KeptLease):
    """Ours until it is released, or until it is lost. Inside `async with` it is renewed, and lost with notice.

    `fence` grows with every grant; hand it to the resource, so that a late writer is refused.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        fence: int,
        ttl_us: int,
        end: float,
        renew: ScriptCall[Renewed | Lost],
        release: ScriptCall[Release],
        on_lost: Callable[[Any], None] | None,
    ) -> None:
        super().__init__(name, ttl_us, end, on_lost)
        self.fence = fence
        self._redis = redis
        self._renewal = renew
        self._return = release

    async def _ask_renewal(self) -> bool:
        return isinstance(await arun(self._redis, self._renewal), Renewed)

    async def _ask_release(self) -> Release:
        return await arun(self._redis, self._return)
