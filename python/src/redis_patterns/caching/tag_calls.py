"""The calls of a cache's tags as values, and what an entry is worth by its tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .._arguments import digits, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from .entry import Entry, Epochs

Worth: TypeAlias = Literal["good", "stale", "none"]

_EPOCH = re.compile(r"[0-9a-f]{32}", re.ASCII)
_STORED = re.compile(rb"([0-9a-f]{32}) ([0-9a-f]{32}) \d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many tags had epochs: 0 or 1."""

    tags: int


@dataclass(frozen=True, slots=True)
class Marked:
    """How many tags had epochs: 0 or 1."""

    tags: int


def name(tag: str, *, namespace: str | None = None) -> str:
    """The key of a tag."""
    return key("cachetag", tag, namespace=namespace)


def open(tag: str, *, hard: str, soft: str, ttl_us: int) -> ScriptCall[Epochs]:  # noqa: A001
    """The tag's epochs; those given where it has none. It lives for half of `ttl_us` at least."""
    args = (_epoch(hard), _epoch(soft), digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("cache_tag_open"), (tag,), args, _read_open)


def delete(tag: str) -> ScriptCall[Deleted]:
    """Forgets every entry that carries the tag."""
    return ScriptCall(load("cache_tag_delete"), (tag,), (b"0",), _read_delete)


def mark_stale(tag: str, *, soft: str) -> ScriptCall[Marked]:
    """Makes every entry that carries the tag stale."""
    return ScriptCall(load("cache_tag_mark_stale"), (tag,), (_epoch(soft), b"0"), _read_mark_stale)


def epochs(stored: bytes | None) -> Epochs | None:
    """What lies under a tag's key; None for nothing, or for something else."""
    match = None if stored is None else _STORED.fullmatch(stored)
    return None if match is None else Epochs(bytes.fromhex(match[1].decode()), bytes.fromhex(match[2].decode()))


def worth(entry: Entry, now: Mapping[str, Epochs | None]) -> Worth:
    """What an entry is worth when its tags' epochs are these."""
    result: Worth = "good"
    for tag in entry.tags:
        current = now[tag.name]
        if current is None or current.hard != tag.epochs.hard:
            return "none"
        if current.soft != tag.epochs.soft:
            result = "stale"
    return result


def _epoch(value: str) -> bytes:
    if not isinstance(value, str) or not _EPOCH.fullmatch(value):
        raise argument_error("an epoch must be 32 hexadecimal digits")
    return value.encode()


def _read_open(reply: Any) -> Epochs:
    match [reply[0].decode(), *reply[1:]]:
        case ["epochs", hard, soft]:
            found = epochs(b"%b %b 0" % (hard, soft))
            if found is not None:
                return found
    raise ValueError("status")


def _read_delete(reply: Any) -> Deleted:
    match [reply[0].decode(), *reply[1:]]:
        case ["deleted", tags]:
            return Deleted(int(tags))
    raise ValueError("status")


def _read_mark_stale(reply: Any) -> Marked:
    match [reply[0].decode(), *reply[1:]]:
        case ["marked", tags]:
            return Marked(int(tags))
    raise ValueError("status")
