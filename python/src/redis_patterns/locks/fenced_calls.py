"""The calls of the fenced value as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._arguments import digits, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load

LARGEST_FENCE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class FencedWritten:
    """The value is stored."""


@dataclass(frozen=True, slots=True)
class FencedStale:
    """Refused: a holder with the larger fence `newest` has written."""

    newest: int


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one fenced value."""

    value: str
    fence: str

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        value = key("fenced", name, namespace=namespace)
        return cls(value, f"{value}:fence")


def write(keys: Keys, *, payload: bytes, fence: int, ttl_us: int) -> ScriptCall[FencedWritten | FencedStale]:
    """Stores the value for `ttl_us`, unless a larger fence has written."""
    if not isinstance(payload, bytes):
        raise argument_error(f"the value must be bytes, not {type(payload).__name__}")
    args = (digits(whole(fence, "fence", 1, LARGEST_FENCE)), payload, digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("fenced_write"), (keys.value, keys.fence), args, _read_write)


def _read_write(reply: Any) -> FencedWritten | FencedStale:
    match [reply[0].decode(), *reply[1:]]:
        case ["written"]:
            return FencedWritten()
        case ["stale", newest]:
            return FencedStale(int(newest))
    raise ValueError("status")
