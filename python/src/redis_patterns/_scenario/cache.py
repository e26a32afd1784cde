"""`cache.*`"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..caching import calls, tag_calls
from ..caching.entry import Entry, Epochs, Tag
from ..errors import argument_error
from ..script import ScriptCall
from .words import Json, text_or_hex, us

_STORED = ("payload", "negative", "codec", "version", "grace_us", "load_us", "tags")


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]]
    if verb.startswith("tag_"):
        make = getattr(tag_calls, verb.removeprefix("tag_"))
        return make(tag_calls.name(given.pop("tag"), namespace=given.pop("namespace", None)), **given)
    make = getattr(calls, verb)
    keys = calls.Keys.of(given.pop("key"), namespace=given.pop("namespace", None))
    if "version" in given:
        if not given["version"].isascii() or not given["version"].isdigit():
            raise argument_error("version must be a decimal string")
        given["version"] = int(given["version"])
    if verb in ("fill", "put"):
        grace_us = given.get("grace_us", 0)
        stored = {name: given.pop(name) for name in _STORED if name in given}
        stored["tags"] = tuple(map(_tag, stored.get("tags", ())))
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
        case Epochs(hard, soft):
            return {"status": "epochs", "hard": hard.hex(), "soft": soft.hex()}
        case tag_calls.Deleted(tags):
            return {"status": "deleted", "tags": tags}
        case tag_calls.Marked(tags):
            return {"status": "marked", "tags": tags}
    return None


def _tag(words: dict[str, str]) -> Tag:
    return Tag(words["tag"], Epochs(bytes.fromhex(words["hard"]), bytes.fromhex(words["soft"])))


def _entry(entry: Entry | None) -> dict[str, Json]:
    if entry is None:
        return {}
    words = asdict(entry)
    words["version"] = str(entry.version)
    words["grace_us"] = words.pop("grace_ms") * 1000
    words["load_us"] = words.pop("load_ms") * 1000
    words["payload"] = text_or_hex(entry.payload)
    del words["tags"]
    if entry.tags:
        words["tags"] = [
            {"tag": tag.name, "hard": tag.epochs.hard.hex(), "soft": tag.epochs.soft.hex()} for tag in entry.tags
        ]
    return {"entry": words}
