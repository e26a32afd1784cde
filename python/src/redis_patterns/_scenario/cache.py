"""`cache.*`"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..caching import calls
from ..caching.entry import Entry
from ..errors import argument_error
from ..script import ScriptCall
from .words import Json, text_or_hex, us


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    keys = calls.Keys.of(given.pop("key"), namespace=given.pop("namespace", None))
    if verb == "fill":
        given["payload"] = given.get("payload", b"")
        version = given.get("version", "0")
        if not version.isascii() or not version.isdigit():
            raise argument_error("version must be a decimal string")
        given["version"] = int(version)
    return make(keys, **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case calls.Found(entry):
            return {"status": "hit", **_entry(entry)}
        case calls.Win(entry):
            return {"status": "win", **_entry(entry)}
        case calls.Holdoff(entry):
            return {"status": "holdoff", **_entry(entry)}
        case calls.Busy(retry, entry):
            return {"status": "busy", "retry_after_us": us(retry), **_entry(entry)}
        case calls.Failed(retry, entry):
            return {"status": "failed", "retry_after_us": us(retry), **_entry(entry)}
        case int():
            return {"status": "deleted", "entries": result}
    return None


def _entry(entry: Entry | None) -> dict[str, Json]:
    if entry is None:
        return {}
    words = asdict(entry)
    words["version"] = str(entry.version)
    words["grace_us"] = words.pop("grace_ms") * 1000
    words["load_us"] = words.pop("load_ms") * 1000
    words["payload"] = text_or_hex(entry.payload)
    return {"entry": words}
