"""`stream.*`"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..script import ScriptCall
from ..streams import calls, replies
from ..streams.values import StreamAdded, StreamLag, StreamMessage
from .words import Json, text_or_hex, to_bytes, us


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, "open_group" if verb == "open" else verb)
    if "fields" in given:
        given["fields"] = {name: to_bytes(value) for name, value in given["fields"].items()}
    return make(calls.Keys.of(given.pop("name"), namespace=given.pop("namespace", None)), **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case StreamAdded(id, duplicate):
            return {"status": "duplicate" if duplicate else "added", "id": id}
        case replies.Opened(created, former):
            return {"status": "created"} if created else {"status": "exists", "former": list(former)}
        case replies.Claimed(cursor, buried, trimmed, messages, undecodable):
            words = {
                "cursor": cursor,
                "buried": buried,
                "trimmed": trimmed,
                "messages": [_message(m) for m in messages],
            }
            return {
                "status": "claimed",
                **words,
                "undecodable": [{"id": one, "deliveries": n} for one, n in undecodable],
            }
        case replies.NoGroup():
            return {"status": "nogroup"}
        case replies.Buried(dead_id):
            return {"status": "buried", "dead_id": dead_id}
        case replies.LostDelivery():
            return {"status": "lost"}
        case replies.Revived(id):
            return {"status": "revived", "id": id}
        case replies.NotRevived(why):
            return {"status": why}
        case replies.Left(released, more):
            return {"status": "more" if more else "left", "released": released}
        case StreamLag(unread, exact, pending, age):
            status = "exact" if exact else "at_least"
            return {"status": status, "unread": unread, "pending": pending, "age_us": us(age)}
        case replies.UnknownLag():
            return {"status": "unknown"}
    return None


def _message(message: StreamMessage) -> dict[str, Json]:
    return {"id": message.id, "deliveries": message.deliveries, "fields": _fields(message.fields)}


def _fields(fields: Mapping[str, bytes]) -> dict[str, Json]:
    return {name: text_or_hex(value) for name, value in fields.items()}
