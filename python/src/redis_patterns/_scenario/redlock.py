"""`redlock.*`: one node's part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..locks import redlock_calls as calls
from ..script import ScriptCall
from .words import Json, us


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    return make(calls.Keys.of(given.pop("name"), namespace=given.pop("namespace", None)), **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case calls.VoteGranted():
            return {"status": "granted"}
        case calls.VoteAbstained(retry):
            return {"status": "abstained", "retry_after_us": us(retry)}
    return None
