"""The calls of the counter as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import LARGEST, digits, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from ._rules import signed

Life: TypeAlias = Literal["first", "last"]
"""From which addition on the time to live counts."""

REPLAY_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """The value now, and in how long it ends; zero for a counter that does not exist."""

    value: int
    ends_in: timedelta


@dataclass(frozen=True, slots=True)
class CounterRefused:
    """The sum would leave the bounds: nothing was added, and `value` stands."""

    value: int
    ends_in: timedelta


@dataclass(frozen=True, slots=True)
class Cleared:
    """What the counter had counted when it ended."""

    value: int


def add(
    name: str,
    *,
    delta: int = 1,
    least: int = -LARGEST,
    most: int = LARGEST,
    life: Life = "first",
    ttl_us: int,
    request: str | None = None,
    replay_us: int = REPLAY_US,
    namespace: str | None = None,
) -> ScriptCall[Counted | CounterRefused]:
    """Adds, unless the sum would leave the bounds. A delta of 0 reads."""
    if life not in ("first", "last"):
        raise argument_error("life must be first or last")
    if signed(least, "least") > signed(most, "most"):
        raise argument_error("least must not be more than most")
    keys = [key("counter", name, namespace=namespace)]
    if request is not None:
        keys.append(key("counter", name, "request", request, namespace=namespace))
    args = (
        digits(signed(delta, "delta")),
        digits(least),
        digits(most),
        life.encode(),
        digits(whole(ttl_us, "ttl", 1000)),
        digits(whole(replay_us, "replay", 1000)),
        b"0",
    )
    return ScriptCall(load("counter_add"), tuple(keys), args, _read_add)


def clear(name: str, *, namespace: str | None = None) -> ScriptCall[Cleared]:
    """Ends the counter, and says what it had counted."""
    return ScriptCall(load("counter_clear"), (key("counter", name, namespace=namespace),), (b"0",), _read_clear)


def _read_add(reply: Any) -> Counted | CounterRefused:
    match [reply[0].decode(), *reply[1:]]:
        case ["counted", value, ends]:
            return Counted(int(value), timedelta(microseconds=int(ends)))
        case ["refused", value, ends]:
            return CounterRefused(int(value), timedelta(microseconds=int(ends)))
    raise ValueError("status")


def _read_clear(reply: Any) -> Cleared:
    match [reply[0].decode(), *reply[1:]]:
        case ["cleared", value]:
            return Cleared(int(value))
    raise ValueError("status")
