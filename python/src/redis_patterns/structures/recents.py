"""The calls of the recent items as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._arguments import digits, whole
from ..keys import key
from ..script import ScriptCall, load
from ._rules import payload as checked

MOST = 10_000


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """It stands in front; so many items are kept now."""

    items: int


def add(
    name: str, *, item: str | bytes, most: int = 100, move: bool = False, ttl_us: int, namespace: str | None = None
) -> ScriptCall[ItemAdded]:
    """Puts an item in front, and lets the last ones go. With `move` an item that is there moves to the front."""
    args = (
        checked(item, "item"),
        digits(whole(most, "most", 1, MOST)),
        b"move" if move else b"keep",
        digits(whole(ttl_us, "ttl", 1000)),
        b"0",
    )
    return ScriptCall(load("recent_add"), (of(name, namespace=namespace),), args, _read_add)


def of(name: str, *, namespace: str | None = None) -> str:
    """The key, for reading: `LRANGE` is one atomic command."""
    return key("recent", name, namespace=namespace)


def _read_add(reply: Any) -> ItemAdded:
    match [reply[0].decode(), *reply[1:]]:
        case ["added", items]:
            return ItemAdded(int(items))
    raise ValueError("status")
