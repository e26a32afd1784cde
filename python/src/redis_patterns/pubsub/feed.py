"""What a subscription knows of its channels: it turns messages and lost connections into messages and exact gaps.

No message is given twice or out of order by the server, so a number that is not the next one is a gap. What was lost
at the end of a broken connection shows no number; so after each new connection the counters are read and, when
everything that was under way has arrived, compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from .buffer import Buffer
from .calls import Position, Raw, channel_name, read_message


@dataclass(slots=True)
class _Place:
    at: Position | None = None
    """Of the last message that was given or counted as missed."""
    seen: bool = False
    """A message came since the connection was lost."""


class Feed:
    """From the connection to the buffer. `channels` and `patterns`: name on the wire → the caller's name."""

    def __init__(self, channels: Mapping[str, str], patterns: Mapping[str, str], buffer: Buffer) -> None:
        self._channels = channels
        self._patterns = patterns
        self._buffer = buffer
        self._lock = Lock()
        self._places = {name: _Place() for name in channels.values()}
        self._due: set[str] = set()
        """Patterns whose gap was not told yet."""
        self._away = True
        self._settled = False
        self.round = 0
        """Counts the connections."""

    def lost(self) -> None:
        """The connection ended; or what it brought was not all kept."""
        with self._lock:
            self.round += 1
            self._away = True
            for place in self._places.values():
                place.seen = False
            if self._settled:
                self._due.update(self._patterns.values())

    def message(self, wire: str, data: bytes, pattern: str | None = None) -> None:
        """A message, as the server names its channel and its pattern."""
        with self._lock:
            if pattern is not None:
                self._by_pattern(self._patterns.get(pattern, pattern), wire, data)
            elif wire in self._channels:
                self._by_channel(self._channels[wire], data)

    def settle(self, number: int, positions: Mapping[str, Position | None]) -> None:
        """Compares with the counters, read after the connection of this round was confirmed.

        To be called when everything has come that was under way when they were read. None: it could not be read.
        """
        with self._lock:
            if number != self.round or not self._away:
                return
            self._away = False
            for name, place in sorted(self._places.items()):
                if not place.seen:
                    self._compare(name, place, positions.get(name))
            self._tell(sorted(self._due))
            self._settled = True

    def _compare(self, name: str, place: _Place, now: Position | None) -> None:
        then, place.at = place.at, now or place.at
        if not self._settled:
            return
        if then is None or now is None or now.epoch != then.epoch or now.sequence < then.sequence:
            self._buffer.miss((name, False), None)
        elif now.sequence > then.sequence:
            self._buffer.miss((name, False), now.sequence - then.sequence)

    def _by_pattern(self, pattern: str, wire: str, data: bytes) -> None:
        if pattern in self._due:
            self._tell([pattern])
        self._buffer.put(read_message(channel_name(wire), data, pattern))

    def _by_channel(self, name: str, data: bytes) -> None:
        raw = read_message(name, data)
        if raw.codec is not None:
            self._advance(name, self._places[name], raw)
        self._buffer.put(raw)

    def _advance(self, name: str, place: _Place, raw: Raw) -> None:
        now, then = raw.position, place.at
        if then is None:
            pass  # the first that we hear of it
        elif now.epoch == then.epoch and now.sequence > then.sequence:
            if now.sequence > then.sequence + 1:
                self._buffer.miss((name, False), now.sequence - then.sequence - 1)
        elif now.sequence != 1 or (self._away and not place.seen):
            self._buffer.miss((name, False), None)
        # else: the counter was made anew while we listened, so nothing lies between.
        place.at, place.seen = now, True

    def _tell(self, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            self._due.discard(pattern)
            self._buffer.miss((pattern, True), None)
