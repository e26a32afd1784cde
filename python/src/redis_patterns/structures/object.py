"""The calls of the versioned object as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from .._arguments import LARGEST, digits, mapping, texts, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from ._rules import identity
from ._rules import payload as checked

MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class ObjectWritten:
    """It was changed, and is at this version now."""

    version: int


@dataclass(frozen=True, slots=True)
class ObjectConflict:
    """It is at another version than the caller has seen: nothing was changed."""

    version: int


@dataclass(frozen=True, slots=True)
class ObjectMissing:
    """There is no such object (any more)."""


@dataclass(frozen=True, slots=True)
class ObjectFull:
    """It would have so many fields, more than it may: nothing was changed."""

    fields: int


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object as it stood at one moment; it ends after `ends_in` unless it is changed."""

    version: int
    fields: dict[str, bytes]
    ends_in: timedelta


@dataclass(frozen=True, slots=True)
class ObjectDeleted:
    """It is gone."""


def write(
    name: str,
    *,
    set: Mapping[str, str | bytes] | None = None,  # noqa: A002
    remove: Collection[str] = (),
    seen: int | None = None,
    ttl_us: int,
    most: int = MOST_FIELDS,
    namespace: str | None = None,
) -> ScriptCall[ObjectWritten | ObjectConflict | ObjectMissing | ObjectFull]:
    """Changes fields if the object is at version `seen`; 0: if there is none; None: in any case."""
    fields = {} if set is None else mapping(set, "set")
    gone = texts(remove, "remove")
    kept = sorted([(_field(name), checked(value, name)) for name, value in fields.items()])
    dropped = [_field(name) for name in gone]
    names = {*dropped, *(name for name, _ in kept)}
    if not 1 <= len(names) <= MOST_FIELDS or len(names) != len(kept) + len(dropped):
        raise argument_error(f"a change names 1 to {MOST_FIELDS} fields, each once")
    args = (
        _seen(seen),
        digits(whole(ttl_us, "ttl", 1000)),
        digits(whole(most, "most", 1, MOST_FIELDS)),
        digits(len(kept)),
        *chain.from_iterable(kept),
        *dropped,
        b"0",
    )
    return ScriptCall(load("object_write"), (key("object", name, namespace=namespace),), args, _read_write)


def read(name: str, *, namespace: str | None = None) -> ScriptCall[FoundObject | ObjectMissing]:
    """The object with its version."""
    return ScriptCall(load("object_read"), (key("object", name, namespace=namespace),), (b"0",), _read_read)


def delete(
    name: str, *, seen: int | None = None, namespace: str | None = None
) -> ScriptCall[ObjectDeleted | ObjectConflict | ObjectMissing]:
    """Deletes the object if it is at version `seen`; None: in any case."""
    keys = (key("object", name, namespace=namespace),)
    return ScriptCall(load("object_delete"), keys, (_seen(seen), b"0"), _read_delete)


def _seen(version: int | None) -> bytes:
    return b"" if version is None else digits(whole(version, "seen", 0, 2 * LARGEST))


def _field(name: str) -> bytes:
    written = identity(name, "field")
    if written.startswith(b"@"):
        raise argument_error("a field's name must not begin with @")
    return written


def _read_write(reply: Any) -> ObjectWritten | ObjectConflict | ObjectMissing | ObjectFull:
    match [reply[0].decode(), *reply[1:]]:
        case ["written", version]:
            return ObjectWritten(int(version))
        case ["conflict", version]:
            return ObjectConflict(int(version))
        case ["missing"]:
            return ObjectMissing()
        case ["full", fields]:
            return ObjectFull(int(fields))
    raise ValueError("status")


def _read_read(reply: Any) -> FoundObject | ObjectMissing:
    match [reply[0].decode(), *reply[1:]]:
        case ["missing"]:
            return ObjectMissing()
        case ["found", version, ends, *words]:
            fields = {field.decode(): bytes(value) for field, value in zip(words[::2], words[1::2], strict=True)}
            return FoundObject(int(version), fields, timedelta(microseconds=int(ends)))
    raise ValueError("status")


def _read_delete(reply: Any) -> ObjectDeleted | ObjectConflict | ObjectMissing:
    match [reply[0].decode(), *reply[1:]]:
        case ["deleted"]:
            return ObjectDeleted()
        case ["conflict", version]:
            return ObjectConflict(int(version))
        case ["missing"]:
            return ObjectMissing()
    raise ValueError("status")
