"""What the structures check of their arguments, beyond the rules of all patterns."""

from __future__ import annotations

from .._arguments import LARGEST, whole
from ..errors import argument_error

LONGEST_PAYLOAD = 1 << 20
"""A mebibyte."""
LONGEST_ID = 512
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def payload(value: str | bytes, what: str) -> bytes:
    """Bytes to keep, at most a mebibyte; text is written as UTF-8."""
    if isinstance(value, str):
        try:
            value = value.encode()
        except UnicodeEncodeError:
            raise argument_error(f"{what} is not valid Unicode") from None
    if not isinstance(value, bytes):
        raise argument_error(f"{what} must be str or bytes, not {type(value).__name__}")
    if len(value) > LONGEST_PAYLOAD:
        raise argument_error(f"{what} is {len(value)} bytes long, more than {LONGEST_PAYLOAD}")
    return value


def identity(value: str, what: str) -> bytes:
    """An id that stands inside a key's value: 1 to 512 bytes of UTF-8, whatever they are."""
    if not isinstance(value, str):
        raise argument_error(f"{what} must be a string, not {type(value).__name__}")
    written = payload(value, what)
    if not 1 <= len(written) <= LONGEST_ID:
        raise argument_error(f"{what} must be 1 to {LONGEST_ID} bytes, not {len(written)}")
    return written


def signed(value: int, what: str) -> int:
    """A number that stays exact in Lua: up to 2^52, either way."""
    return whole(value, what, -LARGEST, LARGEST)


def several(values: tuple[str, ...], what: str, most: int) -> tuple[bytes, ...]:
    """One id or several, each once."""
    found = tuple(identity(value, what) for value in values)
    if not 1 <= len(found) <= most or len({*found}) != len(found):
        raise argument_error(f"there must be 1 to {most} {what}, each once")
    return found
