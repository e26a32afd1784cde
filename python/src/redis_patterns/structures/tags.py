"""The calls of the tags as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._arguments import digits, whole
from ..keys import key, part
from ..script import ScriptCall, load
from ._rules import identity, several

MOST = 10_000
MOST_TAGS = 100


@dataclass(frozen=True, slots=True)
class Tagged:
    """So many tags the item has now."""

    tags: int


@dataclass(frozen=True, slots=True)
class TagFull:
    """This tag has as many items as it may: no tag was given."""

    tag: str


@dataclass(frozen=True, slots=True)
class Untagged:
    """So many tags were taken, and so many are left."""

    removed: int
    tags: int


def add(
    name: str, *, item: str, tags: Sequence[str], most: int = MOST, ttl_us: int, namespace: str | None = None
) -> ScriptCall[Tagged | TagFull]:
    """Gives an item tags, in both directions."""
    words = several(tuple(tags), "tags", MOST_TAGS)
    args = (
        identity(item, "item"),
        digits(whole(most, "most", 1, MOST)),
        digits(whole(ttl_us, "ttl", 1000)),
        *words,
        b"0",
    )
    return ScriptCall(load("tag_add"), _keys(name, item, tags, namespace), args, _read_add)


def remove(
    name: str, *, item: str, tags: Sequence[str], ttl_us: int, namespace: str | None = None
) -> ScriptCall[Untagged]:
    """Takes tags from an item, in both directions."""
    words = several(tuple(tags), "tags", MOST_TAGS)
    args = (identity(item, "item"), digits(whole(ttl_us, "ttl", 1000)), *words, b"0")
    return ScriptCall(load("tag_remove"), _keys(name, item, tags, namespace), args, _read_remove)


def of_item(name: str, item: str, *, namespace: str | None = None) -> str:
    """The key of an item's tags."""
    return key("tag", name, "tags", item, namespace=namespace)


def of_tag(name: str, tag: str, *, namespace: str | None = None) -> str:
    """The key of a tag's items."""
    return key("tag", name, "items", tag, namespace=namespace)


def _keys(name: str, item: str, tags: Sequence[str], namespace: str | None) -> tuple[str, ...]:
    stem = key("tag", name, namespace=namespace)
    return f"{stem}:tags:{part(item, 'field')}", *[f"{stem}:items:{part(tag, 'field')}" for tag in tags]


def _read_add(reply: Any) -> Tagged | TagFull:
    match [reply[0].decode(), *reply[1:]]:
        case ["tagged", tags]:
            return Tagged(int(tags))
        case ["full", tag]:
            return TagFull(tag.decode())
    raise ValueError("status")


def _read_remove(reply: Any) -> Untagged:
    match [reply[0].decode(), *reply[1:]]:
        case ["untagged", removed, tags]:
            return Untagged(int(removed), int(tags))
    raise ValueError("status")
