"""What callers of `Sessions` get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from .ids import SessionID
from .replies import State


@dataclass(frozen=True, slots=True)
class Session:
    """A live session as it was at the call. `repr` shows neither id nor user nor data."""

    id: SessionID
    """Its `text` goes into the cookie."""
    handle: str
    """Its name in Redis, safe to show: it opens nothing."""
    version: int
    """Grows with every change of data."""
    age: timedelta
    unused: timedelta
    """How long it had not been used before this call, to the precision of `touch_every`."""
    expires_in: timedelta
    """When it ends if it is not used."""
    ends_in: timedelta
    """When it ends however much it is used."""
    user: str | None = field(repr=False)
    data: Mapping[str, str] = field(repr=False)
    replaced: bool = False
    """It was reached by an id that was replaced a moment ago, and that only reads. Send no cookie."""

    @classmethod
    def of(cls, state: State, identity: SessionID, handle: str, *, replaced: bool = False) -> Session:
        times = (state.age, state.unused, state.expires_in, state.ends_in)
        return cls(identity, handle, state.version, *times, state.user, state.data, replaced)


@dataclass(frozen=True, slots=True)
class SessionReplaced:
    """This id was replaced by `rotate` a moment ago: it still reads, and changes nothing."""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One live session of a user, as a page "where you are logged in" shows it."""

    handle: str
    """To end it with `revoke_listed`."""
    age: timedelta
    unused: timedelta
    expires_in: timedelta
    data: Mapping[str, str] = field(repr=False)
    """The fields that were asked for, where the session has them."""
