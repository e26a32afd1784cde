"""Something at a later time, for threads: one thread of the process waits for all of it, and starts what is due."""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
from collections.abc import Callable

from ._clock import clock

_log = logging.getLogger("redis_patterns")


class Alarm:
    """Rings once, unless it is cancelled before."""

    __slots__ = ("ring", "when")

    def __init__(self, when: float, ring: Callable[[], None]) -> None:
        self.when = when
        self.ring: Callable[[], None] | None = ring


class Alarms:
    """Setting and cancelling one costs a few microseconds: a thread of its own would cost a hundred."""

    _changed: threading.Condition
    _heap: list[tuple[float, int, Alarm]]
    _numbers: itertools.count[int]
    _thread: threading.Thread | None
    _next: float
    """When the thread will look again."""
    _void: int

    def __init__(self) -> None:
        self._reset()

    def at(self, when: float, ring: Callable[[], None]) -> Alarm:
        """`when` by `clock`. `ring` runs on the one thread: it only starts things, and never waits."""
        alarm = Alarm(when, ring)
        with self._changed:
            if self._thread is None:
                # First of all: where no thread can be started, nothing has happened, and the caller is told.
                thread = threading.Thread(target=self._run, name="redis-patterns-alarms", daemon=True)
                thread.start()
                self._thread = thread
            heapq.heappush(self._heap, (when, next(self._numbers), alarm))
            if when < self._next:
                self._changed.notify()
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        with self._changed:
            if alarm.ring is None:
                return
            alarm.ring = None
            self._void += 1
            # What is cancelled stays until it is due, but never more of it than of the others.
            if self._void > 64 and self._void * 2 > len(self._heap):
                self._heap[:] = [entry for entry in self._heap if entry[2].ring is not None]
                heapq.heapify(self._heap)
                self._void = 0

    def _reset(self) -> None:
        # Re-entrant: a signal's handler may release a lease while its thread is in here.
        self._changed = threading.Condition(threading.RLock())
        self._heap = []
        self._numbers = itertools.count()
        self._thread = None
        self._next = 0.0
        self._void = 0

    def _run(self) -> None:
        while (ring := self._due()) is not None:
            try:
                ring()
            except Exception:
                _log.exception("an alarm failed")

    def _due(self) -> Callable[[], None] | None:
        # None at the end: nothing is to come, so the thread ends, and the next alarm has another.
        with self._changed:
            while self._heap:
                when, _, alarm = self._heap[0]
                left = when - clock()
                if left > 0:
                    self._next = when
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._heap)
                if alarm.ring is None:
                    self._void -= 1
                    continue
                ring, alarm.ring = alarm.ring, None
                return ring
            self._thread = None
            return None


ALARMS = Alarms()
# The threads of the parent are not in the child, nor are its leases the child's to renew.
os.register_at_fork(after_in_child=ALARMS._reset)
