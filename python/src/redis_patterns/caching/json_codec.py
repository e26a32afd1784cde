"""JSON in one form only: equal values are equal bytes in every language (Tests/Conformance/caching/README.md)."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any, NoReturn

DEPTH = 128
"""How deep lists and objects may nest."""

_LEAST, _MOST = -(2**63), 2**63 - 1


def encode(value: Any) -> bytes:
    """Raises `ValueError` or `TypeError` for what JSON, or another language, cannot hold."""
    _check(value, 1)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def decode(payload: bytes) -> Any:
    """Raises `ValueError` for what is not JSON (RFC 8259), or beyond what every language can hold."""
    value = json.loads(
        payload.decode(),
        parse_constant=_refuse,
        parse_int=_whole,
        parse_float=_finite,
        object_pairs_hook=_members,
    )
    _check(value, 1)
    return value


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair is no character
    elif isinstance(value, int):
        if not _LEAST <= value <= _MOST:
            raise ValueError("a whole number does not fit 64 bits")
    elif isinstance(value, (dict, list, tuple)):
        if depth > DEPTH:
            raise ValueError(f"deeper than {DEPTH} levels")
        if isinstance(value, dict):
            _check_names(value)
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)


def _check_names(members: dict[Any, Any]) -> None:
    for name in members:
        if not isinstance(name, str):
            raise TypeError(f"a name of an object is a string, not {type(name).__name__}")
        name.encode()
    if not all(map(str.isascii, members)) and len({unicodedata.normalize("NFC", name) for name in members}) < len(
        members
    ):
        raise ValueError("two names of an object are one to Unicode")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return members


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a whole number does not fit 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
