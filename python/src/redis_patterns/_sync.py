"""What the synchronous faces need of threads. `_aio.py` offers the same with asyncio."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar

from . import _arguments
from ._bell_sync import Bell, Flag
from ._clock import LateError, clock
from ._keeper_sync import Keeper
from .errors import argument_error

T = TypeVar("T")

sleep = time.sleep
Cancelled = KeyboardInterrupt
callback = _arguments.function


def scope_id() -> object:
    """Who runs: a lock entered twice at a time must not mix its leases up."""
    return threading.get_ident()


def finish(work: Callable[[], None], within: float) -> None:
    """Runs a clean-up to its end; a thread is not interrupted, so the client's own deadline bounds it."""
    work()


def complete(work: Callable[[], T], within: float = 1.0) -> T:
    """Runs a call to its answer; nothing interrupts a thread."""
    return work()


def outcome(function: Callable[..., T], *given: Any) -> T:
    """What a caller's function gives. Raises `RedisError` (`ARGUMENT`) for a coroutine, which nobody would run."""
    found = function(*given)
    if inspect.iscoroutine(found):
        found.close()
        raise argument_error("a function gave a coroutine, which only redis_patterns.aio awaits")
    return found


class Companion:
    """A work beside the caller's, on a thread."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="redis-patterns-companion", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for its end, a second at most: the work must have been told already."""
        if self._thread is not threading.current_thread():
            self._thread.join(1.0)


class Scope:
    """The body of a `with`: a thread cannot be interrupted, so it is told by the lease and at the end."""

    def abort(self) -> None:
        pass

    def leave(self, error: type[BaseException] | None) -> bool:
        return False


class Flights(Generic[T]):
    """At most one run of a work per key at a time; who comes while it runs shares its result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Flight[T]] = {}

    def share(self, key: str, work: Callable[[], T], wait: float) -> tuple[T, bool]:
        """The result, and whether somebody else's run gave it.

        Raises `LateError` when somebody else's run did not end within `wait` seconds.
        """
        end = clock() + wait
        while True:
            with self._lock:
                flight = self._running.get(key)
                joined = flight is not None
                if flight is None:
                    flight = self._running[key] = _Flight()
                elif flight.done is None:
                    flight.done = threading.Event()
            if not joined:
                return flight.fly(work, partial(self._landed, key, flight)), False
            if flight.ended(max(end - clock(), 0)):
                return flight.result(), True

    def forget(self, key: str) -> None:
        """Who comes from now on starts a run of their own."""
        with self._lock:
            self._running.pop(key, None)

    def _landed(self, key: str, flight: _Flight[T]) -> None:
        with self._lock:  # whoever joined did so before, and nobody joins any more
            if self._running.get(key) is flight:
                del self._running[key]
        if flight.done is not None:
            flight.done.set()


class Background:
    """Works that nobody waits for, `most` at a time, each on a thread of its own."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._running: set[threading.Thread] = set()

    def start(self, work: Callable[[], None]) -> bool:
        """False, and nothing runs, when there are as many as may be."""

        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._running.discard(threading.current_thread())

        thread = threading.Thread(target=run, name="redis-patterns-refresh", daemon=True)
        with self._lock:
            if len(self._running) >= self._most:
                return False
            self._running.add(thread)
        thread.start()
        return True

    def drain(self, within: float) -> bool:
        """Waits for all, `within` seconds at most, and returns whether all had ended; a thread cannot be cancelled."""
        end = clock() + within
        with self._lock:
            running = list(self._running)
        for thread in running:
            thread.join(max(end - clock(), 0))
        return not any(thread.is_alive() for thread in running)


class _Flight(Generic[T]):
    """`done` is there as soon as somebody joins: most runs are nobody else's."""

    def __init__(self) -> None:
        self.done: threading.Event | None = None
        self._value: list[T] = []
        self._error: Exception | None = None

    def fly(self, work: Callable[[], T], landed: Callable[[], None]) -> T:
        try:
            value = work()
            self._value.append(value)
            return value
        except Exception as error:
            self._error = error
            raise
        finally:
            landed()

    def ended(self, wait: float) -> bool:
        """Waits for the end. False when there is no result: its thread was interrupted, which is not ours to suffer."""
        if self.done is not None and not self.done.wait(wait):
            raise LateError
        return bool(self._value) or self._error is not None

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value[0]


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
