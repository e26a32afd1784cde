"""What the synchronous faces need of threads. `_aio.py` offers the same with asyncio."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Generic, TypeVar

from ._bell_sync import Bell, Flag
from ._clock import LateError, clock

T = TypeVar("T")

sleep = time.sleep
Cancelled = KeyboardInterrupt


def scope_id() -> object:
    """Who runs: a lock entered twice at a time must not mix its leases up."""
    return threading.get_ident()


def finish(work: Callable[[], None], within: float) -> None:
    """Runs a clean-up to its end; a thread is not interrupted, so the client's own deadline bounds it."""
    work()


def complete(work: Callable[[], T], within: float = 1.0) -> T:
    """Runs a call to its answer; nothing interrupts a thread."""
    return work()


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


class Keeper:
    """Renews a lease until it is stopped, and tells its end before the server does.

    It renews when two periods are left. `renew` returns the new deadline, or None when the lease is lost. `ended` is
    called once, at the loss or at the deadline, whichever comes first. Each renewal has a thread of its own, so
    that one which hangs delays no news.
    """

    def __init__(
        self,
        renew: Callable[[], float | None],
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
        self._news: queue.SimpleQueue[float | Exception | _Lost | _Stop] = queue.SimpleQueue()
        self._renewal: threading.Thread | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name="redis-patterns-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the renewing; returns when none is under way, or the lease has ended."""
        self._news.put(_Stop())
        if self._thread is not threading.current_thread():
            self._thread.join()
            if self._renewal is not None and not self._over:
                self._renewal.join(max(self._deadline - clock(), 0))

    def _end(self) -> None:
        self._over = True
        self._ended()

    def _run(self) -> None:
        due = self._deadline - 2 * self._period
        while True:
            then = self._deadline if self._renewal is not None else min(due, self._deadline)
            try:
                news = self._news.get(timeout=max(then - clock(), 0))
            except queue.Empty:
                if clock() >= self._deadline:
                    return self._end()
                if self._renewal is None and clock() >= due:
                    self._renewal = threading.Thread(target=self._renew_once, daemon=True)
                    self._renewal.start()
                continue
            if isinstance(news, _Stop):
                return None
            self._renewal = None
            if isinstance(news, _Lost):
                return self._end()
            if isinstance(news, Exception):
                due = clock() + self._retry
            else:
                self._deadline = news
                due = news - 2 * self._period

    def _renew_once(self) -> None:
        try:
            renewed = self._renew()
        except Exception as error:  # whatever it was, the lease still runs, and may be renewed yet
            self._news.put(error)
        else:
            self._news.put(_Lost() if renewed is None else renewed)


class _Lost:
    pass


class _Stop:
    pass


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
            if not joined:
                return flight.fly(work, partial(self._landed, key, flight)), False
            if flight.ended(max(end - clock(), 0)):
                return flight.result(), True

    def forget(self, key: str) -> None:
        """Who comes from now on starts a run of their own."""
        with self._lock:
            self._running.pop(key, None)

    def _landed(self, key: str, flight: _Flight[T]) -> None:
        with self._lock:
            if self._running.get(key) is flight:
                del self._running[key]


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
    def __init__(self) -> None:
        self._done = threading.Event()
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
            self._done.set()

    def ended(self, wait: float) -> bool:
        """Waits for the end. False when there is no result: its thread was interrupted, which is not ours to suffer."""
        if not self._done.wait(wait):
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
