"""The calls of the event log as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._arguments import LARGEST, digits, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from ._rules import identity
from ._rules import payload as checked

MOST = 100_000
MOST_READ = 1000
_ID = re.compile(r"[0-9]{1,16}-[0-9]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class EventAppended:
    """Its id, larger than every one before; so many events are kept now."""

    id: str
    events: int


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log."""

    id: str
    kind: str
    payload: bytes


def append(
    name: str,
    *,
    kind: str,
    payload: str | bytes = b"",
    keep_us: int,
    most: int = MOST,
    namespace: str | None = None,
) -> ScriptCall[EventAppended]:
    """Writes an event at the end, and lets the oldest go."""
    args = (
        identity(kind, "kind"),
        checked(payload, "payload"),
        digits(whole(keep_us, "keep", 1000)),
        digits(whole(most, "most", 1, LARGEST)),
        b"0",
    )
    return ScriptCall(load("log_append"), (key("log", name, namespace=namespace),), args, _read_append)


def reading(name: str, *, after: str | None, count: int, namespace: str | None = None) -> tuple[bytes | str, ...]:
    """The command that reads on: `XRANGE` is atomic. `after` is the id of the last event that was read."""
    if after is not None and (not isinstance(after, str) or not _ID.fullmatch(after)):
        raise argument_error("after must be the id of an event")
    first = "-" if after is None else f"({after}"
    return (
        "XRANGE",
        key("log", name, namespace=namespace),
        first,
        "+",
        "COUNT",
        digits(whole(count, "count", 1, MOST_READ)),
    )


def events(reply: Any) -> tuple[LogEvent, ...]:
    """What the command's reply says. Raises `ValueError` for an entry that no log of ours writes."""
    found = []
    for who, words in reply:
        # redis-py gives a dict.
        fields = words if isinstance(words, dict) else dict(zip(words[::2], words[1::2], strict=True))
        found.append(LogEvent(who.decode(), fields[b"kind"].decode(), bytes(fields[b"payload"])))
    return tuple(found)


def _read_append(reply: Any) -> EventAppended:
    match [reply[0].decode(), *reply[1:]]:
        case ["appended", who, count]:
            return EventAppended(who.decode(), int(count))
    raise ValueError("status")
