"""`channel.*`"""

from __future__ import annotations

from typing import Any

from ..pubsub import Published, calls
from ..script import ScriptCall
from .words import Json


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    name = calls.channel_key(given["name"], namespace=given.get("namespace"))
    if verb == "position":
        return calls.position(name)
    return calls.publish(name, payload=given.get("payload", b""), codec=given.get("codec", 0))


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case Published(epoch, sequence, receivers):
            return {"status": "published", "epoch": str(epoch), "seq": sequence, "receivers": receivers}
        case calls.Position(epoch, sequence):
            return {"status": "at", "epoch": str(epoch), "seq": sequence}
    return None
