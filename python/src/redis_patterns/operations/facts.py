"""What the doctor learned of a server, as plain values, and how replies are read into them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_VERB = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A consumer group: entries that wait for their acknowledgment, and the worst of the first hundred."""

    pending: int
    oldest_idle_ms: int = 0
    most_deliveries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream's length and groups; `left` counts what was not looked at."""

    length: int
    groups: tuple[Group, ...] = ()
    left: int = 0


@dataclass(slots=True, kw_only=True)
class Key:
    """A key that was looked at. `ttl_ms` is -1 where it has no end; None: nobody asked, or the server refused."""

    name: bytes
    type: str
    ttl_ms: int
    ends_ms: int | None = None
    memory: int | None = None
    size: int | None = None
    encoding: str | None = None
    fenced: bool | None = None
    stream: Stream | None = None


@dataclass(slots=True, kw_only=True)
class Facts:
    """Everything the judgement rests on. What the server refused is None, and named in `refused` with its code."""

    info: dict[str, str] | None = None
    commands: dict[str, int] | None = None
    """Verb -> calls since the statistics began."""
    config: dict[str, str] = field(default_factory=dict)
    slow: list[tuple[str, int]] | None = None
    """Verb and microseconds of each entry of the slow log; arguments are never kept."""
    subscribers: list[tuple[str, int]] | None = None
    """Name and waiting bytes of each subscribed connection."""
    database: int | None = None
    keys_total: int | None = None
    scripts_known: int | None = None
    scripts_total: int = 0
    keys: list[Key] = field(default_factory=list)
    complete: bool = False
    streams_left: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def info_lines(reply: Any) -> dict[str, str]:
    """`name:value` lines; the comments that head the sections fall away."""
    found = {}
    for line in text(reply).splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            found[name] = value
    return found


def command_calls(lines: dict[str, str]) -> dict[str, int]:
    """`cmdstat_get:calls=3,...` -> `get: 3`"""
    return {
        name.removeprefix("cmdstat_"): int(value.partition("calls=")[2].partition(",")[0] or 0)
        for name, value in lines.items()
        if name.startswith("cmdstat_")
    }


def client_fields(line: str) -> dict[str, str]:
    return {name: value for name, equals, value in (word.partition("=") for word in line.split(" ")) if equals}


def slow_entry(entry: Any) -> tuple[str, int]:
    """The verb and the time of an entry, and nothing of its arguments."""
    verb = text(entry[3][0]).upper()
    return (verb if _VERB.match(verb) else "?"), int(entry[2])


def pairs(reply: Any) -> dict[str, Any]:
    """A flat list of names and values as a dictionary."""
    return {text(name): value for name, value in zip(reply[::2], reply[1::2], strict=False)}


def text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
