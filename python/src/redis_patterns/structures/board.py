"""The calls of the leaderboard as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from .._arguments import LARGEST, digits, texts, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load, status_of
from ._rules import DAY_US, HOUR_US, identity, signed

Window: TypeAlias = Literal["all", "hour", "day", "week", "month"]
"""`all` never begins anew; the others do at their hour, day, Monday or first of the month."""
Order: TypeAlias = Literal["high", "low"]
"""Which score is the better one."""
Mode: TypeAlias = Literal["set", "add", "best"]
"""`set`: the score is this one. `add`: this much more. `best`: this one, if it is better."""
_MODES: tuple[Mode, ...] = get_args(Mode)
Remove: TypeAlias = Literal["removed", "absent"]
_REMOVE: tuple[Remove, ...] = ("removed", "absent")

TTL_US = 30 * DAY_US
MOST = 1_000_000
MOST_ON_PAGE = 1000
FURTHEST_ZONE_US = 14 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a board is. `zone_us` is added to the clock before hours, days, weeks and months are told apart."""

    name: str
    windows: tuple[Window, ...] = ("all",)
    order: Order = "high"
    most: int = MOST
    ttl_us: int = TTL_US
    zone_us: int = 0
    namespace: str | None = None
    _own: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = get_args(Window)
        chosen = {*texts(self.windows, "windows")}
        if not chosen or len(chosen) != len(self.windows) or not chosen <= {*known}:
            raise argument_error(f"windows must be some of {', '.join(known)}, each once")
        if self.order not in get_args(Order):
            raise argument_error("order must be high or low")
        whole(self.most, "most", 1, LARGEST)
        whole(self.ttl_us, "ttl", 1000)
        whole(self.zone_us, "zone", -FURTHEST_ZONE_US, FURTHEST_ZONE_US)
        object.__setattr__(self, "_own", self._keys(self.windows))

    def keys(self, *windows: Window) -> tuple[str, ...]:
        """The keys of some of its windows, in order."""
        return self._own if windows == self.windows else self._keys(windows)

    def _keys(self, windows: tuple[Window, ...]) -> tuple[str, ...]:
        stem = key("board", self.name, namespace=self.namespace)
        slots = [slot for window in windows for slot in ((window,) if window == "all" else _turns(window))]
        return tuple(f"{stem}:{field}:{slot}" for slot in slots for field in ("scores", "ids"))


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """What a submission came to in one window. Ranks count from 1; None: not on the board."""

    window: Window
    score: int
    rank: int | None
    score_before: int | None
    rank_before: int | None


@dataclass(frozen=True, slots=True)
class ScoreSubmitted:
    """In the order of the board's windows."""

    places: tuple[BoardPlace, ...]


@dataclass(frozen=True, slots=True)
class ScoreRefused:
    """The sum would leave the numbers that are exact (2^52): nothing was written."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One player on a page."""

    id: str
    score: int
    rank: int


@dataclass(frozen=True, slots=True)
class BoardPage:
    """`players`: how many the whole board has."""

    players: int
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, slots=True)
class NotRanked:
    """The player is not on the board."""

    players: int


def submit(board: Board, *, id: str, score: int, mode: Mode = "set") -> ScriptCall[ScoreSubmitted | ScoreRefused]:  # noqa: A002
    """Gives a player a score in every window."""
    if mode not in _MODES:
        raise argument_error(f"mode must be one of {', '.join(_MODES)}")
    args = (
        identity(id, "id"),
        digits(signed(score, "score")),
        mode.encode(),
        board.order.encode(),
        digits(board.most),
        digits(board.ttl_us),
        digits(board.zone_us),
        *(window.encode() for window in board.windows),
        b"0",
    )

    def read(reply: Any) -> ScoreSubmitted | ScoreRefused:
        match [reply[0].decode(), *reply[1:]]:
            case ["refused"]:
                return ScoreRefused()
            case ["submitted", *words] if len(words) == 4 * len(board.windows):
                groups = zip(board.windows, *(words[at::4] for at in range(4)), strict=True)
                return ScoreSubmitted(tuple(_place(window, [int(word) for word in group]) for window, *group in groups))
        raise ValueError("status")

    return ScriptCall(load("board_submit"), board.keys(*board.windows), args, read)


def page(
    board: Board, *, window: Window = "all", previous: bool = False, first: int = 1, count: int = 10
) -> ScriptCall[BoardPage | NotRanked]:
    """`count` players from rank `first` on."""
    return _look(board, window, previous, count, b"top", digits(whole(first, "first", 1, LARGEST)))


def around(
    board: Board,
    *,
    id: str,  # noqa: A002
    window: Window = "all",
    previous: bool = False,
    count: int = 5,
) -> ScriptCall[BoardPage | NotRanked]:
    """`count` players with this one in the middle; at an end of the board the page is moved, not cut."""
    return _look(board, window, previous, count, b"around", identity(id, "id"))


def remove(board: Board, *, id: str) -> ScriptCall[Remove]:  # noqa: A002
    """Takes a player off, in every window."""
    args = (identity(id, "id"), b"0")
    return ScriptCall(load("board_remove"), board.keys(*board.windows), args, _read_remove)


def _look(
    board: Board, window: Window, previous: bool, count: int, kind: bytes, start: bytes
) -> ScriptCall[BoardPage | NotRanked]:
    if window not in board.windows:
        raise argument_error(f"window must be one of the board's: {', '.join(board.windows)}")
    if previous and window == "all":
        raise argument_error("the window all has none before it")
    args = (
        board.order.encode(),
        window.encode(),
        b"previous" if previous else b"current",
        digits(board.zone_us),
        digits(whole(count, "count", 1, MOST_ON_PAGE)),
        kind,
        start,
        b"0",
    )
    return ScriptCall(load("board_read"), board.keys(window), args, _read_page)


def _turns(window: str) -> tuple[str, str]:
    return f"{window}-0", f"{window}-1"


def _place(window: Window, words: list[int]) -> BoardPlace:
    score, rank, score_before, rank_before = words
    return BoardPlace(window, score, rank or None, score_before if rank_before else None, rank_before or None)


def _read_page(reply: Any) -> BoardPage | NotRanked:
    match [reply[0].decode(), *reply[1:]]:
        case ["absent", players]:
            return NotRanked(int(players))
        case ["page", players, first, *words]:
            pairs = zip(words[::2], words[1::2], strict=True)
            rows = (BoardRow(who.decode(), int(score), int(first) + at) for at, (who, score) in enumerate(pairs))
            return BoardPage(int(players), tuple(rows))
    raise ValueError("status")


def _read_remove(reply: Any) -> Remove:
    return status_of(reply, _REMOVE)
