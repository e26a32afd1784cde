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

_STORED = ("payload", "negative", "codec", "version", "grace_us", "load_us")


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    keys = calls.Keys.of(given.pop("key"), namespace=given.pop("namespace", None))
    if "version" in given:
        if not given["version"].isascii() or not given["version"].isdigit():
            raise argument_error("version must be a decimal string")
        given["version"] = int(given["version"])
    if verb in ("fill", "put"):
        grace_us = given.get("grace_us", 0)
        stored = {name: given.pop(name) for name in _STORED if name in given}
        given["value"] = calls.entry(stored.pop("payload", b""), **stored)
        given["grace_us"] = grace_us
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
        case calls.Deleted(entries):
            return {"status": "deleted", "entries": entries}
        case calls.Older():
            return {"status": "older"}
        case calls.Marked(entries):
            return {"status": "marked", "entries": entries}
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
