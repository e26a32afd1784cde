"""`counter.*`, `flag.*`, `board.*`"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..script import ScriptCall
from ..structures import board, counter, flag
from .words import Json, text_or_hex, us


def _named(module: Any) -> Callable[[str, dict[str, Json]], ScriptCall[Any]]:
    def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
        make: Callable[..., ScriptCall[Any]] = getattr(module, verb)
        return make(given.pop("name"), **given)

    return build


def _board(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    shape = {name: given.pop(name) for name in _BOARD if name in given}
    if "windows" in shape:
        shape["windows"] = tuple(shape["windows"])
    make: Callable[..., ScriptCall[Any]] = getattr(board, verb)
    return make(board.Board(**shape), **given)


_BOARD = ("name", "windows", "order", "most", "ttl_us", "zone_us", "namespace")
BUILD: dict[str, Callable[[str, dict[str, Json]], ScriptCall[Any]]] = {
    "counter": _named(counter),
    "flag": _named(flag),
    "board": _board,
}


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case counter.Counted(value, ends):
            return {"status": "counted", "value": value, "ends_in_us": us(ends)}
        case counter.Refused(value, ends):
            return {"status": "refused", "value": value, "ends_in_us": us(ends)}
        case counter.Cleared(value):
            return {"status": "cleared", "value": value}
        case flag.FlagSet():
            return {"status": "set"}
        case flag.FlagUp(payload, ends):
            return {"status": "up", "payload": text_or_hex(payload), "ends_in_us": us(ends)}
        case flag.FlagDown():
            return {"status": "down"}
        case board.Submitted(places):
            return {"status": "submitted", "places": [_place(place) for place in places]}
        case board.TooLarge():
            return {"status": "refused"}
        case board.Page(players, rows):
            found = [{"id": row.id, "score": row.score, "rank": row.rank} for row in rows]
            return {"status": "page", "players": players, "rows": found}
        case board.NotRanked(players):
            return {"status": "absent", "players": players}
    return None


def _place(place: board.Place) -> Json:
    words = {"window": place.window, "score": place.score}
    for name in ("rank", "score_before", "rank_before"):
        value = getattr(place, name)
        if value is not None:
            words[name] = value
    return words
