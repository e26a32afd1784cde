"""The second round of a list: what the sessions themselves say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ..errors import reply_error
from .calls import Keys, field_bytes
from .replies import Names
from .session import ListedSession


def commands(keys: Keys, names: Names, fields: tuple[str, ...]) -> list[tuple[bytes | str, ...]]:
    """One read for each session."""
    stored = [b"." + field_bytes(name) for name in fields]
    return [("HMGET", keys.session(handle), "created_us", "touched_us", *stored) for handle, _ in names.sessions]


def read(names: Names, fields: tuple[str, ...], replies: Sequence[Any]) -> tuple[ListedSession, ...]:
    """The sessions that are still there; one that ended between the rounds is left out."""
    found = []
    for (handle, left), reply in zip(names.sessions, replies, strict=True):
        try:
            created, touched, *values = reply
            if created is None:
                continue
            age, unused = (timedelta(microseconds=max(names.now_us - int(at), 0)) for at in (created, touched))
            data = {name: value.decode() for name, value in zip(fields, values, strict=True) if value is not None}
        except (ValueError, TypeError, AttributeError):
            raise reply_error("session_list", reply) from None
        found.append(ListedSession(handle, age, unused, left, data))
    return tuple(found)
