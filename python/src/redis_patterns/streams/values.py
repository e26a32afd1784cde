"""What streams give and take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

Fields: TypeAlias = Mapping[str, "str | bytes"]
"""What a message holds; text travels as UTF-8. Stored in the order of the names' bytes, whatever the order here."""


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """One delivery. `id` is `<ms>-<n>`; with stream and group it makes a key under which an effect can be idempotent.

    `deliveries` counts this one in: 1 is the first.
    """

    id: str
    deliveries: int
    fields: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """A field as text. Raises `KeyError` where there is none, `UnicodeDecodeError` where it is not UTF-8."""
        return self.fields[name].decode()


@dataclass(frozen=True, slots=True)
class StreamAdded:
    """The message stands in the stream under `id`; `duplicate`: since an earlier call with the same request id."""

    id: str
    duplicate: bool


DeadReason: TypeAlias = Literal["max_deliveries", "rejected", "undecodable", "trimmed"]
"""Why a message was given up. `trimmed`: it was cut off the stream before anybody had acknowledged it."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up. `id` is the letter's own, `message_id` the message's."""

    id: str
    message_id: str
    group: str
    consumer: str
    deliveries: int
    reason: str
    error: str
    fields: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class StreamLag:
    """How far a group is behind. `unread` was counted; where not `exact`, there is more.

    `pending`: delivered and not acknowledged. `age`: how long the oldest unread message has been in the stream.
    """

    unread: int
    exact: bool
    pending: int
    age: timedelta


@dataclass(slots=True)
class StreamStats:
    """What a consumer did since it was made. `last_read` is the monotonic time of the last answer to a read."""

    received: int = 0
    claimed: int = 0
    acked: int = 0
    retried: int = 0
    released: int = 0
    buried: int = 0
    trimmed: int = 0
    lost: int = 0
    healed: int = 0
    reconnects: int = 0
    last_read: float | None = None


class StreamReject(Exception):  # noqa: N818 - it is an answer of the handler, not a fault
    """Raised by a handler: this message will never succeed, so it goes to the dead letters at once."""
