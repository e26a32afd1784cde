"""The checks that every call makes before anything is sent; the rules are those of `Tests/Conformance/README.md`."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TypeAlias

from .errors import argument_error

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
    if isinstance(duration, bool) or not isinstance(duration, (int, float)) or not math.isfinite(duration):
        raise argument_error(f"{what} must be a timedelta or a finite number of seconds")
    return duration * 1_000_000 if isinstance(duration, int) else round(duration * 1_000_000)


def whole(value: int, what: str, least: int, most: int = LONGEST_US) -> int:
    """A whole number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise argument_error(f"{what} must be a whole number, not {type(value).__name__}")
    if not least <= value <= most:
        raise argument_error(f"{what} must be {least} to {most}, not {value}")
    return value


def token(value: str, what: str) -> bytes:
    """An owner or a token: 1 to 128 bytes of `[A-Za-z0-9_-]`."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise argument_error(f"{what} must be 1 to 128 of A-Z a-z 0-9 _ -")
    return value.encode()


def digits(value: int) -> bytes:
    return b"%d" % value
