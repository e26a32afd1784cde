"""The leaderboard as a sorted list and a calendar: what the scripts must answer, written without looking at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from redis_patterns.structures.board import Board

LARGEST = 2**52
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


AHEAD = 2


def period(window: str, now_us: int, zone_us: int) -> int:
    """The number of the period that runs, by Python's calendar."""
    moment = EPOCH + timedelta(microseconds=now_us + zone_us)
    if window == "all":
        return 0
    if window == "month":
        return moment.year * 12 + moment.month
    if window == "week":
        return (moment.date() - timedelta(days=moment.weekday())).toordinal() // 7
    return moment.toordinal() if window == "day" else moment.toordinal() * 24 + moment.hour


@dataclass
class Table:
    """One period of one window: id → score and in which order it was reached."""

    players: dict[str, tuple[int, int]] = field(default_factory=dict)
    until_us: int | None = None

    def standing(self, low: bool) -> list[str]:
        sign = 1 if low else -1
        return sorted(self.players, key=lambda who: (sign * self.players[who][0], self.players[who][1]))


class Oracle:
    """One board; time is given with each question."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.low = board.order == "low"
        self.tables: dict[tuple[str, int], Table] = {}
        self.turn = 0

    def table(self, window: str, now_us: int, *, previous: bool = False, write: bool = False) -> Table:
        # A clock that is set back brings no period back: the latest goes on, unless it lies so far ahead that the clock
        # was wrong when it began.
        own = period(window, now_us, self.board.zone_us)
        known = [number for name, number in self.tables if name == window and number <= own + AHEAD]
        number = max([own, *known]) - previous
        found = self.tables.get((window, number))
        ended = found is None or (found.until_us is not None and found.until_us <= now_us)
        if write:
            for other in [other for name, other in self.tables if name == window]:
                if other > own + AHEAD or (other != number and (other - number) % 2 == 0):
                    del self.tables[window, other]
            if ended:
                found = self.tables[window, number] = Table()
        return Table() if found is None or (ended and not write) else found

    def expire(self, now_us: int) -> None:
        """What has ended is gone, also for a clock that is set back."""
        for window, number in [*self.tables]:
            until_us, own = self.tables[window, number].until_us, period(window, now_us, self.board.zone_us)
            if number < own - 1 if until_us is None else until_us <= now_us:
                del self.tables[window, number]

    def submit(self, id: str, score: int, mode: str, now_us: int) -> dict[str, Any]:  # noqa: A002
        self.turn += 1
        changes, places = [], []
        for window in self.board.windows:
            table = self.table(window, now_us)
            old = table.players.get(id)
            new = score if mode != "add" or old is None else old[0] + score
            if abs(new) > LARGEST:
                return {"status": "refused"}
            if mode == "best" and old is not None and (new >= old[0] if self.low else new <= old[0]):
                new = old[0]
            changes.append((old, new))
        for window, (old, new) in zip(self.board.windows, changes, strict=True):
            table = self.table(window, now_us, write=True)
            before = table.standing(self.low)
            if old is None or new != old[0]:
                table.players[id] = (new, self.turn)
            if window == "all":
                table.until_us = now_us + self.board.ttl_us
            for last in table.standing(self.low)[self.board.most :]:
                del table.players[last]
            after = table.standing(self.low)
            place: dict[str, Any] = {"window": window, "score": new}
            if id in after:
                place["rank"] = after.index(id) + 1
            if old is not None:
                place |= {"score_before": old[0], "rank_before": before.index(id) + 1}
            places.append(place)
        return {"status": "submitted", "places": places}

    def page(self, window: str, previous: bool, first: int, count: int, now_us: int) -> dict[str, Any]:
        table = self.table(window, now_us, previous=previous)
        standing = table.standing(self.low)
        rows = [
            {"id": who, "score": table.players[who][0], "rank": first + at}
            for at, who in enumerate(standing[first - 1 : first - 1 + count])
        ]
        return {"status": "page", "players": len(standing), "rows": rows}

    def around(self, id: str, window: str, previous: bool, count: int, now_us: int) -> dict[str, Any]:  # noqa: A002
        standing = self.table(window, now_us, previous=previous).standing(self.low)
        if id not in standing:
            return {"status": "absent", "players": len(standing)}
        first = max(0, min(standing.index(id) - (count - 1) // 2, len(standing) - count))
        return self.page(window, previous, first + 1, count, now_us)

    def remove(self, id: str, now_us: int) -> dict[str, Any]:  # noqa: A002
        self.expire(now_us)
        tables = self.tables.values()
        found = [table.players.pop(id, None) for table in tables]
        return {"status": "removed" if any(found) else "absent"}
