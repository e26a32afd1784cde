"""What must not stand in the name of a key."""

from __future__ import annotations

import re

from .checklist import load
from .names import parts

_EMAIL = re.compile(rb"[A-Za-z0-9._%+-]@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_HASHED = re.compile(rb"([0-9a-f]{64}|[A-Za-z0-9_-]{43})\Z")
_CARD = re.compile(rb"(4[0-9]{15}|5[1-5][0-9]{14}|3[47][0-9]{13}|6[0-9]{15})\Z")


def holds_email(name: bytes) -> bool:
    return b"@" in name and _EMAIL.search(name) is not None


def holds_token(name: bytes) -> bool:
    """A JSON Web Token, or the prefix of a well-known kind of API key."""
    for part in bare_parts(name):
        if part.startswith(b"eyJ") and part.count(b".") >= 2:
            return True
        if len(part) >= 16 and part.startswith(load().secrets):
            return True
    return False


def holds_card(name: bytes) -> bool:
    return any(_CARD.match(part) and _luhn(part) for part in bare_parts(name))


def names_session(name: bytes) -> bool:
    """Whether a session's key is named by a long id that is no hash."""
    words = bare_parts(name)
    kinds = load().kinds
    for at, part in enumerate(words[:2]):
        if kinds.get(part.decode("ascii", "replace")) == "session":
            identity = words[at + 1] if at + 1 < len(words) else b""
            return len(identity) >= 16 and _HASHED.match(identity) is None
    return False


def bare_parts(name: bytes) -> list[bytes]:
    return [part[1:-1] if part.startswith(b"{") and part.endswith(b"}") else part for part in parts(name)]


def _luhn(digits: bytes) -> bool:
    total = 0
    for at, byte in enumerate(reversed(digits)):
        digit = byte - 0x30
        if at % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0
