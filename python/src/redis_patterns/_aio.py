"""What the asyncio faces need of asyncio. `_sync.py` offers the same with threads."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, TypeVar

from . import _arguments
from ._clock import LateError, clock

T = TypeVar("T")

sleep = asyncio.sleep
Cancelled = asyncio.CancelledError
callback = _arguments.callback
"""A coroutine function or a plain one."""


def scope_id() -> object:
    """Who runs: a lock entered twice at a time must not mix its leases up."""
    return asyncio.current_task()


async def finish(work: Callable[[], Coroutine[Any, Any, None]], within: float) -> None:
    """Runs a clean-up to its end, also when the caller is cancelled once more, for `within` seconds at most."""
    task = asyncio.ensure_future(asyncio.wait_for(work(), within))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.shield(task)


async def complete(work: Callable[[], Coroutine[Any, Any, T]], within: float = 1.0) -> T:
    """Runs a call to its answer, also when the caller is cancelled meanwhile, then for `within` seconds at most.

    A call that is cut off may reach the server after the one that should undo it.
    """
    task = asyncio.ensure_future(work())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=within)
        finally:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()
        raise


async def outcome(function: Callable[..., Awaitable[T]], *given: Any) -> T:
    """What a caller's function gives, also when it is a plain one."""
    found: T | Awaitable[T] = function(*given)
    return await found if inspect.isawaitable(found) else found


async def rung(event: asyncio.Event, timeout: float | None) -> bool:
    """Whether the event came in time; before Python 3.12, `asyncio.wait_for` swallows a cancellation beside it."""
    task = asyncio.ensure_future(event.wait())
    try:
        return bool((await asyncio.wait({task}, timeout=timeout))[0])
    finally:
        task.cancel()


class Flag:
    """Raised once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    async def wait(self, timeout: float | None = None) -> bool:
        return await rung(self._event, timeout)


class Bell:
    """Rung any number of times; one listener waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()

    async def wait(self, timeout: float | None = None) -> bool:
        """Whether it rang since the last time."""
        if not await rung(self._event, timeout):
            return False
        self._event.clear()
        return True


class Companion:
    """A work beside the caller's."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._task = asyncio.create_task(work())

    async def stop(self) -> None:
        """Cancels it, and returns when it has ended."""
        self._task.cancel()
        if self._task is not asyncio.current_task():
            await asyncio.wait({self._task})


class Scope:
    """The body of an `async with`: cancelled when what it stands on is lost."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._aborted = False
        self._left = False

    def abort(self) -> None:
        if self._task is not None and not self._left:
            self._aborted = True
            self._task.cancel()

    def leave(self, error: type[BaseException] | None) -> bool:
        """Ends the scope. Whether `error` is the cancellation that `abort` asked for, and no other."""
        self._left = True
        if not self._aborted or self._task is None:
            return False
        uncancel: Callable[[], int] | None = getattr(self._task, "uncancel", None)  # new in Python 3.11
        others = uncancel() if uncancel is not None else 0
        return others == 0 and error is not None and issubclass(error, asyncio.CancelledError)


class Keeper:
    """Renews a lease until it is stopped, and tells its end before the server does.

    It renews when two periods are left. `renew` returns the new deadline, or None when the lease is lost. `ended` is
    called once, at the loss or at the deadline, whichever comes first, also while a renewal is under way.
    """

    def __init__(
        self,
        renew: Callable[[], Awaitable[float | None]],
        ended: Callable[[], None],
        *,
        deadline: float,
        period: float,
        retry: float,
    ) -> None:
        self._renew = renew
        self._ended = ended
        self._deadline = deadline
        self._period = period
        self._retry = retry
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends the renewing; returns when none is under way."""
        self._stop.set()
        if self._task is not asyncio.current_task():
            await asyncio.shield(self._task)

    async def _run(self) -> None:
        due = self._deadline - 2 * self._period
        while not await self._stopped_until(min(due, self._deadline)):
            left = self._deadline - clock()
            if left <= 0:
                return self._ended()
            try:
                renewed = await asyncio.wait_for(self._renew(), min(left, self._period))
            except Exception:  # whatever it was, the lease still runs, and may be renewed yet
                due = clock() + self._retry
                continue
            if renewed is None:
                return self._ended()
            self._deadline = renewed
            due = renewed - 2 * self._period
        return None

    async def _stopped_until(self, then: float) -> bool:
        return await rung(self._stop, max(then - clock(), 0)) or self._stop.is_set()


class Flights(Generic[T]):
    """At most one run of a work per key at a time; who comes while it runs shares its result."""

    def __init__(self) -> None:
        self._running: dict[str, _Flight[T]] = {}

    async def share(self, key: str, work: Callable[[], Coroutine[Any, Any, T]], wait: float) -> tuple[T, bool]:
        """The result, and whether somebody else's run gave it. The run is cancelled when nobody waits for it.

        Raises `LateError` when somebody else's run did not end within `wait` seconds.
        """
        flight = self._running.get(key)
        joined = flight is not None
        if flight is None:
            flight = _Flight(asyncio.create_task(work()))
            self._running[key] = flight
            flight.task.add_done_callback(lambda done: self._landed(key, done))
        flight.waiting += 1
        try:
            if joined and not (await asyncio.wait({flight.task}, timeout=max(wait, 0)))[0]:
                raise LateError
            return await asyncio.shield(flight.task), joined
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                flight.task.cancel()
                self.forget(key, flight.task)

    def forget(self, key: str, task: asyncio.Task[T] | None = None) -> None:
        """Who comes from now on starts a run of their own."""
        flight = self._running.get(key)
        if flight is not None and task in (None, flight.task):
            del self._running[key]

    def _landed(self, key: str, task: asyncio.Task[T]) -> None:
        self.forget(key, task)
        if not task.cancelled():
            task.exception()  # so that a run that nobody waits for any more is not reported as forgotten


class Background:
    """Works that nobody waits for, `most` at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """False, and nothing runs, when there are as many as may be."""
        if len(self._running) >= self._most:
            return False
        task = asyncio.create_task(work())
        self._running.add(task)
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # so that it is not reported as forgotten

    async def drain(self, within: float) -> bool:
        """Waits for all; cancels those that have not ended `within` seconds, and returns whether there were none."""
        if not self._running:
            return True
        _, late = await asyncio.wait(set(self._running), timeout=within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return not late


class _Flight(Generic[T]):
    def __init__(self, task: asyncio.Task[T]) -> None:
        self.task = task
        self.waiting = 0


Traceback = TracebackType | None
__all__ = [
    "Background",
    "Bell",
    "Cancelled",
    "Companion",
    "Flag",
    "Flights",
    "Keeper",
    "LateError",
    "Scope",
    "Traceback",
    "complete",
    "finish",
    "scope_id",
    "sleep",
]
