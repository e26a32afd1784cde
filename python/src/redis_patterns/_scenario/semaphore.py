"""`semaphore.*`: its results are those of the lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..locks import semaphore_calls as calls
from ..script import ScriptCall
from .words import Json


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    return make(calls.Keys.of(given.pop("name"), namespace=given.pop("namespace", None)), **given)
