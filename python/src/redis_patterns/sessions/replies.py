"""What the scripts of sessions answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

_HANDLE = re.compile(rb"[0-9a-f]{64}")


@dataclass(slots=True)  # not frozen, though nobody changes one: it only carries values to a `Session`
class State:
    """A live session as the server has it."""

    status: Literal["live", "rotated"]
    version: int
    age: timedelta
    unused: timedelta
    expires_in: timedelta
    ends_in: timedelta
    user: str | None = field(repr=False)
    data: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Created:
    """The session lives. `ended` are the handles of those that had to go for it."""

    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionsFull:
    """The user has as many sessions as the limit allows; the first of them ends after `retry_after` if it is unused."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Taken:
    """The id exists already: the random source repeats."""


@dataclass(frozen=True, slots=True)
class SessionConflict:
    """Somebody else changed the session: it is at `version` now, and nothing was changed."""

    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """This id was replaced; the session is at `handle`."""

    handle: str


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such session (any more)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Sessions were ended; `handles` name them where there may be more than one."""

    handles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The live sessions of a user: handle and time left, and the server's clock."""

    now_us: int
    sessions: tuple[tuple[str, timedelta], ...]


def read_create(reply: Any) -> Created | SessionsFull | Taken:
    match [_word(reply), *reply[1:]]:
        case ["created", *ended]:
            return Created(_handles(ended))
        case ["full", retry]:
            return SessionsFull(_duration(retry))
        case ["taken"]:
            return Taken()
    raise ValueError("status")


def read_use(reply: Any) -> State | SessionConflict | Moved | Gone:
    if reply[0] == b"live":  # nearly always
        return _state("live", reply)
    match [_word(reply), *reply[1:]]:
        case ["conflict", int(version)]:
            return SessionConflict(version)
        case ["replaced", handle]:
            return Moved(_handle(handle))
        case ["gone"]:
            return Gone()
    raise ValueError("status")


def read_rotate(reply: Any) -> State | Moved | Gone | Taken:
    match [_word(reply), *reply[1:]]:
        case ["rotated", *_]:
            return _state("rotated", reply)
        case ["replaced", handle]:
            return Moved(_handle(handle))
        case ["gone"]:
            return Gone()
        case ["taken"]:
            return Taken()
    raise ValueError("status")


def read_revoke(reply: Any) -> Ended | Moved | Gone:
    match [_word(reply), *reply[1:]]:
        case ["ended"]:
            return Ended()
        case ["replaced", handle]:
            return Moved(_handle(handle))
        case ["gone"]:
            return Gone()
    raise ValueError("status")


def read_revoke_all(reply: Any) -> Ended | Moved | Gone:
    match [_word(reply), *reply[1:]]:
        case ["ended", *handles]:
            return Ended(_handles(handles))
        case ["replaced", handle]:
            return Moved(_handle(handle))
        case ["gone"]:
            return Gone()
    raise ValueError("status")


def read_list(reply: Any) -> Names:
    match [_word(reply), *reply[1:]]:
        case ["listed", int(now_us), *rest] if len(rest) % 2 == 0:
            pairs = zip(_handles(rest[::2]), rest[1::2], strict=True)
            return Names(now_us, tuple((handle, _duration(left)) for handle, left in pairs))
    raise ValueError("status")


def _word(reply: Any) -> str:
    if not isinstance(reply, list):
        raise ValueError("no list")
    return _text(reply[0])


def _state(status: Literal["live", "rotated"], reply: list[Any]) -> State:
    _, version, age, unused, expires, ends, user, *rest = reply
    if len(rest) % 2 or not isinstance(version, int):
        raise ValueError("fields")
    words = iter([bytes.decode(word) for word in rest])
    data = dict(zip(words, words, strict=True))
    times = (timedelta(0, 0, age), timedelta(0, 0, unused), timedelta(0, 0, expires), timedelta(0, 0, ends))
    return State(status, version, *times, bytes.decode(user) or None, data)


def _text(word: Any) -> str:
    if not isinstance(word, bytes):
        raise ValueError("text")
    return word.decode()


def _handle(word: Any) -> str:
    if not isinstance(word, bytes) or not _HANDLE.fullmatch(word):
        raise ValueError("handle")
    return word.decode()


def _handles(words: list[Any]) -> tuple[str, ...]:
    return tuple(_handle(word) for word in words)


def _duration(value: Any) -> timedelta:
    return timedelta(0, 0, value)
