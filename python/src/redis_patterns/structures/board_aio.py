"""A leaderboard for asyncio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import redis.asyncio

from .._arguments import Duration, microseconds, texts
from ..runner import arun, check
from . import board
from .board import BoardPage, Mode, NotRanked, Order, ScoreRefused, ScoreSubmitted, Window


class Leaderboard:
    """Players by score; of equal scores, the one reached first stands first.

    `windows` are kept side by side: all time, and the hour, day, week or month that runs, each with the one before it,
    by the server's clock moved by `zone`. Beyond `most` players the last ones leave. A board that nobody submits to for
    `ttl` ends. Scores are whole numbers up to 2^52 either way, and exact.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        *,
        windows: Sequence[Window] = ("all",),
        order: Order = "high",
        most: int = board.MOST,
        ttl: Duration = board.TTL_US / 1_000_000,
        zone: Duration = 0.0,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        self._board = board.Board(
            name=name,
            windows=cast("tuple[Window, ...]", texts(windows, "windows")),
            order=order,
            most=most,
            ttl_us=microseconds(ttl, "ttl"),
            zone_us=microseconds(zone, "zone"),
            namespace=namespace,
        )

    async def submit(self, id: str, score: int, *, mode: Mode = "set") -> ScoreSubmitted | ScoreRefused:  # noqa: A002
        """Gives a player a score in every window: this one, so much more, or this one if it is better.

        Repeating `set` and `best` after a lost reply is safe; `add` may then have been added twice.
        """
        return await arun(self._redis, board.submit(self._board, id=id, score=score, mode=mode))

    async def page(
        self, *, window: Window = "all", previous: bool = False, first: int = 1, count: int = 10
    ) -> BoardPage:
        """Up to 1000 players from rank `first` on; with `previous`, of the period before the one that runs."""
        call = board.page(self._board, window=window, previous=previous, first=first, count=count)
        found = await arun(self._redis, call)
        return found if isinstance(found, BoardPage) else BoardPage(found.players, ())

    async def around(
        self,
        id: str,  # noqa: A002
        *,
        window: Window = "all",
        previous: bool = False,
        count: int = 5,
    ) -> BoardPage | NotRanked:
        """`count` players with this one in the middle; at an end of the board the page is moved, not cut."""
        call = board.around(self._board, id=id, window=window, previous=previous, count=count)
        return await arun(self._redis, call)

    async def remove(self, id: str) -> bool:  # noqa: A002
        """Takes a player off, in every window; whether there was one. Works when the server's memory is full."""
        return await arun(self._redis, board.remove(self._board, id=id)) == "removed"
