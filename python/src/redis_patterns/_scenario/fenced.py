"""`fenced.*`"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import argument_error
from ..locks import fenced_calls as calls
from ..script import ScriptCall
from .words import Json


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    keys = calls.Keys.of(given.pop("name"), namespace=given.pop("namespace", None))
    fence = given.pop("fence", "1")
    if not fence.isascii() or not fence.isdigit():
        raise argument_error("fence must be a decimal string")
    return make(keys, fence=int(fence), payload=given.pop("payload", b""), **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case calls.FencedWritten():
            return {"status": "written"}
        case calls.FencedStale(newest):
            return {"status": "stale", "newest": str(newest)}
    return None
