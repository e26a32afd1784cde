"""The keeping of a lease, with threads. `_aio.py` has the same for asyncio."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from ._alarm import ALARMS
from ._clock import clock


class Keeper:
    """Renews a lease until it is stopped, and tells its end before the server does.

    It renews when two periods are left. `renew` returns the new deadline, or None when the lease is lost. `ended` is
    called once, at the loss or at the deadline, whichever comes first. Its thread begins with the first renewal: most
    leases are given back before. Each renewal has a thread of its own, so that one which hangs delays no news.
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
        self._gate = threading.RLock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._alarm = ALARMS.at(min(deadline - 2 * period, deadline), self._begin)

    def stop(self) -> None:
        """Ends the renewing; returns when none is under way, or the lease has ended."""
        with self._gate:
            self._stopped = True
            ALARMS.cancel(self._alarm)
            thread = self._thread
        if thread is None:
            return
        self._news.put(_Stop())
        if thread is not threading.current_thread():
            thread.join()
            if self._renewal is not None and not self._over:
                self._renewal.join(max(self._deadline - clock(), 0))

    def _begin(self) -> None:
        with self._gate:
            if self._stopped:
                return
            thread = threading.Thread(target=self._run, name="redis-patterns-keeper", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads at this moment
                self._alarm = ALARMS.at(clock() + self._retry, self._begin)
            else:
                self._thread = thread

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
                if self._renewal is None and clock() >= due and not self._start_renewal():
                    due = clock() + self._retry
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

    def _start_renewal(self) -> bool:
        renewal = threading.Thread(target=self._renew_once, name="redis-patterns-renewal", daemon=True)
        try:
            renewal.start()
        except RuntimeError:  # no more threads at this moment
            return False
        self._renewal = renewal
        return True

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
