"""The calls of sessions as values. Pure: nothing here talks to a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
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
LONGEST_NAME = 128
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
        if not isinstance(handle, str) or not _HANDLE.fullmatch(handle):
            raise argument_error("handle must be 64 hexadecimal digits")
        return f"{self.stem}:id:{handle}"


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
    named = (keys.session(handle), keys.list)
    args = (
        handle.encode(),
        user_bytes(user),
        digits(whole(idle_us, "idle", 1000)),
        digits(whole(lifetime_us, "lifetime", 1000)),
        digits(whole(limit, "limit", 0, MOST_SESSIONS)),
        at_limit.encode(),
        *chain.from_iterable(fields),
        b"0",
    )
    return ScriptCall(load("session_create"), named, args, replies.read_create)


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
    named = (keys.session(handle), keys.list)
    args = [
        handle.encode(),
        digits(whole(touch_every_us, "touch_every", 0)),
        digits(whole(version, "version", 0, 2**52)),
    ]
    if put is not None or drop != ():
        changed = [(b"put", name, value) for name, value in _fields({} if put is None else put)]
        changed += [(b"drop", field_bytes(name), b"") for name in texts(drop, "drop")]
        if len(changed) > MOST_CHANGES:
            raise argument_error(f"changes must be at most {MOST_CHANGES} at a time")
        args += chain.from_iterable(changed)
    return ScriptCall(load("session_use"), named, (*args, b"0"), replies.read_use)


def rotate(keys: Keys, *, handle: str, fresh: str, grace_us: int) -> ScriptCall[State | Moved | Gone | Taken]:
    """Gives a session a new id; the old one points to it for `grace_us`."""
    named = (keys.session(handle), keys.session(fresh), keys.list)
    args = (handle.encode(), fresh.encode(), digits(whole(grace_us, "grace", 0, LONGEST_GRACE_US)), b"0")
    return ScriptCall(load("session_rotate"), named, args, replies.read_rotate)


def revoke(keys: Keys, *, handle: str) -> ScriptCall[Ended | Moved | Gone]:
    """Ends one session."""
    named = (keys.session(handle), keys.list)
    return ScriptCall(load("session_revoke"), named, (handle.encode(), b"0"), replies.read_revoke)


def revoke_all(keys: Keys, *, keep: str | None = None) -> ScriptCall[Ended | Moved | Gone]:
    """Ends every session of a user, or all but the one that asks."""
    if keep is None:
        return ScriptCall(load("session_revoke_all"), (keys.list,), (b"", b"0"), replies.read_revoke_all)
    named = (keys.list, keys.session(keep))
    return ScriptCall(load("session_revoke_all"), named, (keep.encode(), b"0"), replies.read_revoke_all)


def names(keys: Keys) -> ScriptCall[Names]:
    """The live sessions of a user."""
    return ScriptCall(load("session_list"), (keys.list,), (b"0",), replies.read_list)


def field_bytes(name: str) -> bytes:
    """A field as it travels; in the hash a dot stands before it."""
    written = utf8(name, "a field's name")
    if not 1 <= len(written) <= LONGEST_NAME:
        raise argument_error(f"a field's name must be 1 to {LONGEST_NAME} bytes, not {len(written)}")
    return written


def _fields(data: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    pairs = mapping(data, "data").items()
    try:
        # Sorted by their bytes, so that both languages send the same.
        found = sorted([(str.encode(name), str.encode(value)) for name, value in pairs])
    except (TypeError, UnicodeEncodeError):
        found = [(b"", b"")]
    if not all(1 <= len(name) <= LONGEST_NAME for name, _ in found):
        for name, value in pairs:  # one of them says what is wrong
            field_bytes(name)
            utf8(value, "a field's value")
    if len(found) > MOST_CHANGES:
        raise argument_error(f"fields must be at most {MOST_CHANGES} at a time")
    return found
