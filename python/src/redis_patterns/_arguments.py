"""The checks that every call makes before anything is sent; the rules are those of `Tests/Conformance/README.md`."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from .errors import argument_error

T = TypeVar("T")

Duration: TypeAlias = timedelta | float
"""A `timedelta`, or a number of seconds."""

LONGEST_US = 31_622_400_000_000
"""366 days."""
LARGEST = 2**52

_MICROSECOND = timedelta(microseconds=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def microseconds(duration: Duration, what: str) -> int:
    """A duration as whole microseconds."""
    if isinstance(duration, timedelta):
        return duration // _MICROSECOND
    if isinstance(duration, int) and not isinstance(duration, bool):
        return duration * 1_000_000
    if not isinstance(duration, float) or not math.isfinite(duration):
        raise argument_error(f"{what} must be a timedelta or a finite number of seconds")
    # Beyond 2^53 a float is whole, and the product could overflow.
    return round(duration * 1_000_000) if abs(duration) < 2**53 else int(duration) * 1_000_000


def seconds(duration: Duration, what: str) -> float:
    """How long to wait at most: longer than 366 days is 366 days, for no timer takes more."""
    return min(max(microseconds(duration, what), 0), LONGEST_US) / 1_000_000


def whole(value: int, what: str, least: int, most: int = LONGEST_US) -> int:
    """A whole number within its bounds."""
    if type(value) is int and least <= value <= most:
        return value  # nearly always
    if isinstance(value, bool) or not isinstance(value, int):
        raise argument_error(f"{what} must be a whole number, not {type(value).__name__}")
    if not least <= value <= most:
        found = value if abs(value) < 2**64 else "a number of more than 64 bits"
        raise argument_error(f"{what} must be {least} to {most}, not {found}")
    return value


def token(value: str, what: str) -> bytes:
    """An owner or a token: 1 to 128 bytes of `[A-Za-z0-9_-]`."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise argument_error(f"{what} must be 1 to 128 of A-Z a-z 0-9 _ -")
    return value.encode()


def share(value: float, what: str, most: float) -> float:
    """A part of something: 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise argument_error(f"{what} must be 0 to {most}")
    return value


def texts(values: Iterable[str], what: str) -> tuple[str, ...]:
    """Several strings. One string is refused: it would be taken for its letters."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise argument_error(f"{what} must be several strings, not {type(values).__name__}")
    found = tuple(values)
    for value in found:
        if not isinstance(value, str):
            raise argument_error(f"each of {what} must be a string, not {type(value).__name__}")
    return found


def mapping(values: Mapping[str, T], what: str) -> Mapping[str, T]:
    """Values by name."""
    if not isinstance(values, Mapping):
        raise argument_error(f"{what} must be a mapping, not {type(values).__name__}")
    return values


def function(value: Any, what: str) -> None:
    """What will be called, and has nothing to be awaited: what a coroutine function does would never be done."""
    callback(value, what)
    called = None if isinstance(value, type) else getattr(value, "__call__", None)  # noqa: B004 - it may be `async def`
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(called):
        raise argument_error(f"{what} must be a plain function here, not a coroutine function")


def callback(value: Any, what: str) -> None:
    """What will be called."""
    if not callable(value):
        raise argument_error(f"{what} must be callable, not {type(value).__name__}")


def digits(value: int) -> bytes:
    return b"%d" % value
