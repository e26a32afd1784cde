"""`counter.*`, `flag.*`, `board.*`, `queue.*`, `object.*`, `recent.*`, `series.*`, `tag.*`, `unique.*`, `eventlog.*`"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import argument_error
from ..script import ScriptCall
from ..structures import board, counter, flag, log, queue, recents, series, tags, unique
from ..structures import object as objects
from .words import Json, text_or_hex, to_bytes, us

Build = Callable[[str, dict[str, Json]], ScriptCall[Any]]


def _named(module: Any) -> Build:
    def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
        make: Callable[..., ScriptCall[Any]] = getattr(module, verb)
        return make(given.pop("name"), **given)

    return build


def _shaped(module: Any, shape: Any, names: tuple[str, ...]) -> Build:
    """Where what is given also says what the structure is."""

    def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
        words = {name: given.pop(name) for name in ("name", "namespace", *names) if name in given}
        if "windows" in words:
            words["windows"] = tuple(words["windows"])
        if "items" in given:
            given["items"] = [to_bytes(item) for item in given["items"]]
        make: Callable[..., ScriptCall[Any]] = getattr(module, verb)
        return make(shape(**words), **given)

    return build


def _object(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    if isinstance(given.get("set"), Mapping):
        given["set"] = {name: to_bytes(value) for name, value in given["set"].items()}
    if "seen" in given:
        if not given["seen"].isascii() or not given["seen"].isdigit():
            raise argument_error("seen must be a decimal string")
        given["seen"] = int(given["seen"])
    return _named(objects)(verb, given)


def _recent(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    given["item"] = to_bytes(given["item"])
    return _named(recents)(verb, given)


BUILD: dict[str, Build] = {
    "counter": _named(counter),
    "flag": _named(flag),
    "board": _shaped(board, board.Board, ("windows", "order", "most", "ttl_us", "zone_us")),
    "queue": _shaped(queue, queue.Queue, ("tries", "most", "graves", "ttl_us")),
    "object": _object,
    "recent": _recent,
    "series": _named(series),
    "tag": _named(tags),
    "unique": _shaped(unique, unique.Unique, ("every_us", "periods", "zone_us")),
    "eventlog": _named(log),
}


def outcome(result: Any) -> dict[str, Json] | None:
    for say in (_simple, _of_board, _of_queue, _of_object):
        words = say(result)
        if words is not None:
            return words
    return None


def _simple(result: Any) -> dict[str, Json] | None:
    match result:
        case counter.Counted(value, ends):
            return {"status": "counted", "value": value, "ends_in_us": us(ends)}
        case counter.CounterRefused(value, ends):
            return {"status": "refused", "value": value, "ends_in_us": us(ends)}
        case counter.Cleared(value):
            return {"status": "cleared", "value": value}
        case flag.FlagSet():
            return {"status": "set"}
        case flag.FlagUp(payload, ends):
            return {"status": "up", "payload": text_or_hex(payload), "ends_in_us": us(ends)}
        case flag.FlagDown():
            return {"status": "down"}
        case recents.ItemAdded(items):
            return {"status": "added", "items": items}
        case series.PointAdded(at, points):
            return {"status": "added", "at_us": str(at), "points": points}
        case series.Points(points):
            return {"status": "points", "points": [{"at_us": str(one.at_us), "value": one.value} for one in points]}
        case series.Steps(steps):
            names = ("points", "sum", "least", "most")
            found = [{"begins_us": str(one.begins_us)} | {name: getattr(one, name) for name in names} for one in steps]
            return {"status": "steps", "steps": found}
        case tags.Tagged(count):
            return {"status": "tagged", "tags": count}
        case tags.TagFull(tag):
            return {"status": "full", "tag": tag}
        case tags.Untagged(removed, left):
            return {"status": "untagged", "removed": removed, "tags": left}
        case unique.Seen(changed):
            return {"status": "counted", "changed": changed}
        case unique.Estimate(items):
            return {"status": "unique", "items": items}
        case log.EventAppended(who, events):
            return {"status": "appended", "id": who, "events": events}
    return None


def _of_board(result: Any) -> dict[str, Json] | None:
    match result:
        case board.ScoreSubmitted(places):
            return {"status": "submitted", "places": [_place(place) for place in places]}
        case board.ScoreRefused():
            return {"status": "refused"}
        case board.BoardPage(players, rows):
            found = [{"id": row.id, "score": row.score, "rank": row.rank} for row in rows]
            return {"status": "page", "players": players, "rows": found}
        case board.NotRanked(players):
            return {"status": "absent", "players": players}
    return None


def _place(place: board.BoardPlace) -> Json:
    words = {"window": place.window, "score": place.score}
    for name in ("rank", "score_before", "rank_before"):
        value = getattr(place, name)
        if value is not None:
            words[name] = value
    return words


def _of_queue(result: Any) -> dict[str, Json] | None:
    match result:
        case queue.JobPushed(jobs):
            return {"status": "pushed", "jobs": jobs}
        case queue.JobExists(jobs):
            return {"status": "exists", "jobs": jobs}
        case queue.QueueFull(jobs):
            return {"status": "full", "jobs": jobs}
        case queue.Handed(who, payload, attempt):
            return {"status": "job", "id": who, "payload": text_or_hex(payload), "attempt": attempt}
        case queue.QueueEmpty(retry):
            return {"status": "empty", "retry_after_us": us(retry)}
        case queue.QueueState(ready, out, later, dead, graves):
            counts = {"status": "looked", "ready": ready, "out": out, "later": later, "dead": dead}
            listed = [{"id": one.id, "attempts": one.attempts, "payload": text_or_hex(one.payload)} for one in graves]
            return {**counts, "graves": listed}
        case queue.Revived(jobs):
            return {"status": "revived", "jobs": jobs}
    return None


def _of_object(result: Any) -> dict[str, Json] | None:
    match result:
        case objects.ObjectWritten(version):
            return {"status": "written", "version": str(version)}
        case objects.ObjectConflict(version):
            return {"status": "conflict", "version": str(version)}
        case objects.ObjectMissing():
            return {"status": "missing"}
        case objects.ObjectFull(fields):
            return {"status": "full", "fields": fields}
        case objects.FoundObject(version, fields, ends):
            values = {name: text_or_hex(value) for name, value in fields.items()}
            return {"status": "found", "version": str(version), "fields": values, "ends_in_us": us(ends)}
        case objects.ObjectDeleted():
            return {"status": "deleted"}
    return None
