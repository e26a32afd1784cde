"""`lock.*`"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..locks import calls
from ..script import ScriptCall
from .words import Json, us


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    return make(calls.Keys.of(given.pop("name"), namespace=given.pop("namespace", None)), **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case calls.Acquired(fence):
            return {"status": "acquired", "fence": str(fence)}
        case calls.Renewed(fence):
            return {"status": "renewed", "fence": str(fence)}
        case calls.Lost():
            return {"status": "lost"}
        case calls.Waiting(position, retry):
            return {"status": "waiting", "position": position, "retry_after_us": us(retry)}
        case calls.Held(retry):
            return {"status": "held", "retry_after_us": us(retry)}
    return None
