"""What waits for the reader, bounded. Every message that is dropped is counted in a gap that stands in its place."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

from ..errors import PubSubError
from .calls import Raw
from .values import Cause, Gap, SlowReader

Route: TypeAlias = tuple[str, bool]
"""A channel, or (True) a pattern."""


@dataclass(slots=True, eq=False)
class _Slot:
    """A gap, a message, or a gap and the message after it."""

    route: Route
    missed: int | None = 0
    cause: Cause = "slow_reader"
    raw: Raw | None = None

    def miss(self, count: int | None, cause: Cause) -> None:
        self.missed = None if self.missed is None or count is None else self.missed + count
        if cause == "connection":
            self.cause = cause

    def gap(self) -> Gap:
        channel, is_pattern = self.route
        return Gap(channel, self.missed, self.cause, is_pattern)


def route_of(raw: Raw) -> Route:
    return (raw.channel, False) if raw.pattern is None else (raw.pattern, True)


class Buffer:
    """Events between the connection and one reader. `limit` counts messages; of gaps there are few: they add up."""

    def __init__(self, limit: int, slow_reader: SlowReader, bell: Callable[[], None]) -> None:
        self._limit = limit
        self._slow_reader = slow_reader
        self._bell = bell
        self._lock = Lock()
        self._slots: deque[_Slot] = deque()
        self._messages = 0
        self._ahead: OrderedDict[Route, _Slot] = OrderedDict()
        """Gaps before everything that waits."""
        self._open: dict[Route, _Slot] = {}
        """Gaps that stand behind all messages of their route."""
        self._waiting: dict[tuple[Route, str], _Slot] = {}
        """For `latest_per_channel`."""
        self._error: Exception | None = None
        self.ended = False
        self.dropped = 0

    def put(self, raw: Raw) -> None:
        with self._lock:
            if not self.ended:
                self._put(raw, route_of(raw))
        self._bell()

    def miss(self, route: Route, count: int | None) -> None:
        """Messages were lost with the connection; None: it is not known how many, if any."""
        with self._lock:
            if not self.ended:
                self._miss(route, count, "connection")
        self._bell()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more is accepted; what waits can still be taken."""
        with self._lock:
            self._end(error)
        self._bell()

    def take(self) -> Raw | Gap | None:
        """The next event; None when there is none now. After the last one it raises what ended the subscription."""
        with self._lock:
            if self._ahead:
                return self._ahead.popitem(last=False)[1].gap()
            if self._slots:
                return self._next()
            if self._error is not None:
                raise self._error
            return None

    def _next(self) -> Raw | Gap:
        slot = self._slots[0]
        if slot.missed != 0:
            gap = slot.gap()
            slot.missed = 0
            if slot.raw is None:
                self._remove_first()
            return gap
        self._remove_first()
        assert slot.raw is not None
        return slot.raw

    def _remove_first(self) -> _Slot:
        slot = self._slots.popleft()
        if slot.raw is not None:
            self._messages -= 1
            self._waiting.pop((slot.route, slot.raw.channel), None)
        elif self._open.get(slot.route) is slot:
            del self._open[slot.route]
        return slot

    def _put(self, raw: Raw, route: Route) -> None:
        latest = self._slow_reader == "latest_per_channel"
        if latest and (waiting := self._waiting.get((route, raw.channel))):
            self._replace(waiting, raw, route)
        elif self._messages < self._limit or self._makes_room(raw, route):
            self._open.pop(route, None)
            slot = _Slot(route, raw=raw)
            self._slots.append(slot)
            self._messages += 1
            if latest:
                self._waiting[(route, raw.channel)] = slot

    def _replace(self, waiting: _Slot, raw: Raw, route: Route) -> None:
        self.dropped += 1
        waiting.miss(1, "slow_reader")
        waiting.raw = raw
        if between := self._open.pop(route, None):
            self._slots.remove(between)
            waiting.miss(between.missed, between.cause)

    def _makes_room(self, raw: Raw, route: Route) -> bool:
        """Whether there is room for it now."""
        if self._slow_reader == "disconnect":
            self._end(PubSubError(PubSubError.SLOW, f"{self._messages} messages wait for the reader"))
            return False
        self.dropped += 1
        if self._slow_reader == "drop_newest":
            self._miss(route, 1, "slow_reader")
            return False
        self._drop_oldest()
        return True

    def _miss(self, route: Route, count: int | None, cause: Cause) -> None:
        slot = self._open.get(route)
        if slot is None:
            slot = self._open[route] = _Slot(route)
            self._slots.append(slot)
        slot.miss(count, cause)

    def _drop_oldest(self) -> None:
        dropped = False
        while not dropped:
            slot = self._remove_first()
            dropped = slot.raw is not None
            gap = self._ahead.setdefault(slot.route, _Slot(slot.route))
            if slot.missed != 0:
                gap.miss(slot.missed, slot.cause)
            if dropped:
                gap.miss(1, "slow_reader")

    def _end(self, error: Exception | None) -> None:
        if not self.ended:
            self.ended, self._error = True, error
