"""The calls of sessions as values. Pure: nothing here talks to a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .._arguments import digits, mapping, texts, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from . import replies
from .ids import user_bytes, utf8
from .replies import Created, Ended, Gone, Moved, Names, SessionConflict, SessionsFull, State, Taken

LONGEST_GRACE_US = 60_000_000
MOST_SESSIONS = 1000
MOST_CHANGES = 256
_HANDLE = re.compile(r"[0-9a-f]{64}", re.ASCII)

AtLimit: TypeAlias = Literal["end_first", "refuse"]
Creation: TypeAlias = ScriptCall[Created | SessionsFull | Taken]
_AT_LIMIT: tuple[AtLimit, ...] = ("end_first", "refuse")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one user's sessions."""

    list: str
    stem: str

    @classmethod
    def of(cls, tag: str, *, namespace: str | None = None) -> Keys:
        stem = key("session", tag, namespace=namespace)
        return cls(f"{stem}:list", stem)

    def session(self, handle: str) -> str:
        return f"{self.stem}:id:{_handle(handle).decode()}"


def create(
    keys: Keys,
    *,
    handle: str,
    idle_us: int,
    lifetime_us: int,
    user: str | None = None,
    limit: int = 0,
    at_limit: AtLimit = "end_first",
    data: Mapping[str, str] | None = None,
) -> Creation:
    """Begins a session; at the limit it ends those that would end first, or refuses."""
    if at_limit not in _AT_LIMIT:
        raise argument_error("at_limit must be end_first or refuse")
    fields = _fields({} if data is None else data)
    args = (
        _handle(handle),
        user_bytes(user),
        digits(whole(idle_us, "idle", 1000)),
        digits(whole(lifetime_us, "lifetime", 1000)),
        digits(whole(limit, "limit", 0, MOST_SESSIONS)),
        at_limit.encode(),
        *(word for pair in fields for word in pair),
        b"0",
    )
    return ScriptCall(load("session_create"), (keys.session(handle), keys.list), args, replies.read_create)


def use(
    keys: Keys,
    *,
    handle: str,
    touch_every_us: int,
    version: int = 0,
    put: Mapping[str, str] | None = None,
    drop: Iterable[str] = (),
) -> ScriptCall[State | SessionConflict | Moved | Gone]:
    """Loads a session; changes single fields when there are any, and only at `version` unless that is 0."""
    changed = _fields({} if put is None else put)
    dropped = [field_bytes(name) for name in texts(drop, "drop")]
    if len(changed) + len(dropped) > MOST_CHANGES:
        raise argument_error(f"changes must be at most {MOST_CHANGES} at a time")
    args = (
        _handle(handle),
        digits(whole(touch_every_us, "touch_every", 0)),
        digits(whole(version, "version", 0, 2**52)),
        *(word for name, value in changed for word in (b"put", name, value)),
        *(word for name in dropped for word in (b"drop", name, b"")),
        b"0",
    )
    return ScriptCall(load("session_use"), (keys.session(handle), keys.list), args, replies.read_use)


def rotate(keys: Keys, *, handle: str, fresh: str, grace_us: int) -> ScriptCall[State | Moved | Gone | Taken]:
    """Gives a session a new id; the old one points to it for `grace_us`."""
    args = (_handle(handle), _handle(fresh), digits(whole(grace_us, "grace", 0, LONGEST_GRACE_US)), b"0")
    named = (keys.session(handle), keys.session(fresh), keys.list)
    return ScriptCall(load("session_rotate"), named, args, replies.read_rotate)


def revoke(keys: Keys, *, handle: str) -> ScriptCall[Ended | Moved | Gone]:
    """Ends one session."""
    return ScriptCall(
        load("session_revoke"), (keys.session(handle), keys.list), (_handle(handle), b"0"), replies.read_revoke
    )


def revoke_all(keys: Keys, *, keep: str | None = None) -> ScriptCall[Ended | Moved | Gone]:
    """Ends every session of a user, or all but the one that asks."""
    if keep is None:
        return ScriptCall(load("session_revoke_all"), (keys.list,), (b"", b"0"), replies.read_revoke_all)
    named = (keys.list, keys.session(keep))
    return ScriptCall(load("session_revoke_all"), named, (_handle(keep), b"0"), replies.read_revoke_all)


def names(keys: Keys) -> ScriptCall[Names]:
    """The live sessions of a user."""
    return ScriptCall(load("session_list"), (keys.list,), (b"0",), replies.read_list)


def _handle(handle: str) -> bytes:
    if not isinstance(handle, str) or not _HANDLE.fullmatch(handle):
        raise argument_error("handle must be 64 hexadecimal digits")
    return handle.encode()


def field_bytes(name: str) -> bytes:
    """A field as it travels; in the hash a dot stands before it."""
    written = utf8(name, "a field's name")
    if not 1 <= len(written) <= 128:
        raise argument_error(f"a field's name must be 1 to 128 bytes, not {len(written)}")
    return written


def _fields(data: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    # Sorted by their bytes, so that both languages send the same.
    pairs = mapping(data, "data").items()
    found = sorted((field_bytes(name), utf8(value, "a field's value")) for name, value in pairs)
    if len(found) > MOST_CHANGES:
        raise argument_error(f"fields must be at most {MOST_CHANGES} at a time")
    return found
