"""Ids of sessions: what a browser carries, and the hash of it that Redis knows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from ..errors import argument_error

_TAG_BYTES, _SECRET_BYTES = 16, 32
_LONGEST_USER = 512
_TEXT = re.compile(r"[A-Za-z0-9_-]{64}", re.ASCII)


class SessionID:
    """The id of a session: 32 random bytes behind the routing tag of its user, 64 characters in all.

    `text` is what goes into the cookie, and into nothing else. `str` and `repr` do not show it.
    """

    __slots__ = ("_bytes", "_text")

    def __init__(self, content: bytes, text: str) -> None:
        self._bytes, self._text = content, text

    @classmethod
    def draw(cls, tag: str) -> SessionID:
        """A new one, from the system's generator."""
        content = bytes.fromhex(tag) + secrets.token_bytes(_SECRET_BYTES)
        return cls(content, base64.urlsafe_b64encode(content).decode())

    @classmethod
    def read(cls, text: str) -> SessionID | None:
        """What a client presented; None for what cannot be an id, so that it never reaches Redis."""
        return cls(base64.urlsafe_b64decode(text), text) if isinstance(text, str) and _TEXT.fullmatch(text) else None

    @property
    def text(self) -> str:
        """The id itself: a secret."""
        return self._text

    @property
    def tag(self) -> str:
        """The same for all sessions of a user: it puts their keys into one slot."""
        return self._bytes[:_TAG_BYTES].hex()

    def handle(self, pepper: bytes | None = None) -> str:
        """The name of the session in Redis: SHA-256 of `text`, or its HMAC; no way leads back."""
        return _digest(self._text.encode(), pepper).hex()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionID) and hmac.compare_digest(self._bytes, other._bytes)

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return "SessionID(hidden)"


def tag_of(user: str | None, pepper: bytes | None = None) -> str:
    """The routing tag of a user, a hash; a random one for nobody."""
    if user is None:
        return secrets.token_hex(_TAG_BYTES)
    return _digest(b"redis-patterns user " + user_bytes(user), pepper)[:_TAG_BYTES].hex()


def user_tag(user: str, pepper: bytes | None) -> str:
    """The routing tag of somebody: nobody has no sessions to be named by a user."""
    if user is None:
        raise argument_error("user must be a string, not NoneType")
    return tag_of(user, pepper)


def user_bytes(user: str | None) -> bytes:
    """A user's name as it travels; empty for nobody."""
    if user is None:
        return b""
    if not isinstance(user, str):
        raise argument_error(f"user must be a string, not {type(user).__name__}")
    written = utf8(user, "user")
    if not 1 <= len(written) <= _LONGEST_USER:
        raise argument_error(f"user must be 1 to {_LONGEST_USER} bytes, not {len(written)}")
    return written


def utf8(text: str, what: str) -> bytes:
    if not isinstance(text, str):
        raise argument_error(f"{what} must be a string, not {type(text).__name__}")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise argument_error(f"{what} is not valid Unicode") from None


def _digest(content: bytes, pepper: bytes | None) -> bytes:
    if pepper is None:
        return hashlib.sha256(content).digest()
    return hmac.digest(pepper, content, "sha256")
