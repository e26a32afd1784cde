"""The calls of the flag as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import digits, whole
from ..keys import key
from ..script import ScriptCall, load, status_of
from ._rules import payload as checked


@dataclass(frozen=True, slots=True)
class FlagSet:
    """It is up now, by this call."""


@dataclass(frozen=True, slots=True)
class FlagUp:
    """Somebody had put it up. `payload` is what they left; it falls after `ends_in`."""

    payload: bytes
    ends_in: timedelta


@dataclass(frozen=True, slots=True)
class FlagDown:
    """It is not up."""


Clear: TypeAlias = Literal["cleared", "down"]
_CLEAR: tuple[Clear, ...] = ("cleared", "down")


def set(  # noqa: A001
    name: str, *, payload: str | bytes = b"", ttl_us: int, always: bool = False, namespace: str | None = None
) -> ScriptCall[FlagSet | FlagUp]:
    """Puts it up unless it is, or in any case."""
    args = (
        checked(payload, "payload"),
        digits(whole(ttl_us, "ttl", 1000)),
        b"always" if always else b"down",
        b"0",
    )
    return ScriptCall(load("flag_set"), (key("flag", name, namespace=namespace),), args, _read_set)


def read(name: str, *, namespace: str | None = None) -> ScriptCall[FlagUp | FlagDown]:
    """Looks whether it is up."""
    return ScriptCall(load("flag_read"), (key("flag", name, namespace=namespace),), (b"0",), _read_read)


def clear(name: str, *, namespace: str | None = None) -> ScriptCall[Clear]:
    """Takes it down."""
    return ScriptCall(load("flag_clear"), (key("flag", name, namespace=namespace),), (b"0",), _read_clear)


def _read_set(reply: Any) -> FlagSet | FlagUp:
    match [reply[0].decode(), *reply[1:]]:
        case ["set"]:
            return FlagSet()
        case ["up", payload, ends]:
            return FlagUp(bytes(payload), timedelta(microseconds=int(ends)))
    raise ValueError("status")


def _read_read(reply: Any) -> FlagUp | FlagDown:
    match [reply[0].decode(), *reply[1:]]:
        case ["up", payload, ends]:
            return FlagUp(bytes(payload), timedelta(microseconds=int(ends)))
        case ["down"]:
            return FlagDown()
    raise ValueError("status")


def _read_clear(reply: Any) -> Clear:
    return status_of(reply, _CLEAR)
