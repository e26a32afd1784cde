"""What the replies of a stream's scripts mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from ..script import status_of
from .values import DeadLetter, StreamAdded, StreamLag, StreamMessage

BEGIN = "0-0"
"""The cursor of a round of claims at its begin, and at its end."""

Ack: TypeAlias = Literal["acked", "lost"]
Renewal: TypeAlias = Literal["renewed", "lost"]
Release: TypeAlias = Literal["released", "lost"]


@dataclass(frozen=True, slots=True)
class Opened:
    """`former`: other lives of the consumer's name, and the bare name, where something is pending with them."""

    created: bool
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim took over. A message whose fields cannot be read stands in `undecodable`, as id and deliveries."""

    cursor: str
    buried: int
    trimmed: int
    messages: tuple[StreamMessage, ...]
    undecodable: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class NoGroup:
    """The stream or the group is gone."""


@dataclass(frozen=True, slots=True)
class Buried:
    dead_id: str


@dataclass(frozen=True, slots=True)
class LostDelivery:
    """Somebody else has the message by now."""


@dataclass(frozen=True, slots=True)
class Revived:
    id: str


@dataclass(frozen=True, slots=True)
class NotRevived:
    why: Literal["empty", "missing"]


@dataclass(frozen=True, slots=True)
class Left:
    released: int
    more: bool


@dataclass(frozen=True, slots=True)
class UnknownLag:
    """There is no such group."""


def read_messages(reply: Any) -> Claimed:
    """What the reading command gave; nothing when the wait was over."""
    if not reply:
        return Claimed(BEGIN, 0, 0, ())
    entries = next(iter(reply.values())) if isinstance(reply, dict) else reply[0][1]
    return _messages([[raw_id, 1, words] for raw_id, words in entries])


def read_letters(reply: Any) -> list[DeadLetter]:
    return [_letter(raw_id.decode(), _pairs(words)) for raw_id, words in reply]


def _letter(letter_id: str, pairs: list[tuple[bytes, bytes]]) -> DeadLetter:
    own: dict[str, str] = {}
    fields: dict[str, bytes] = {}
    for name, value in pairs:
        text = name.decode(errors="backslashreplace")
        if text.startswith("f."):
            fields[text[2:]] = value
        else:
            own[text] = value.decode(errors="replace")
    return DeadLetter(
        id=letter_id,
        message_id=own["id"],
        group=own["group"],
        consumer=own["consumer"],
        deliveries=int(own["deliveries"]),
        reason=own["reason"],
        error=own["error"],
        fields=fields,
    )


def _pairs(words: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(words[::2], words[1::2], strict=True))


def _messages(entries: Iterable[Any], cursor: str = BEGIN, buried: int = 0, trimmed: int = 0) -> Claimed:
    messages, undecodable = [], []
    for raw_id, deliveries, words in entries:
        message_id = raw_id.decode()
        try:
            fields = {name.decode(): value for name, value in _pairs(words)}
        except UnicodeDecodeError:
            undecodable.append((message_id, int(deliveries)))
        else:
            messages.append(StreamMessage(message_id, int(deliveries), fields))
    return Claimed(cursor, buried, trimmed, tuple(messages), tuple(undecodable))


def read_add(reply: Any) -> StreamAdded:
    match [reply[0].decode(), *reply[1:]]:
        case ["added" | "duplicate" as status, id]:
            return StreamAdded(id.decode(), status == "duplicate")
    raise ValueError("status")


def read_open(reply: Any) -> Opened:
    match [reply[0].decode(), *reply[1:]]:
        case ["created"]:
            return Opened(True)
        case ["exists", *former]:
            return Opened(False, tuple(one.decode() for one in former))
    raise ValueError("status")


def read_claim(reply: Any) -> Claimed | NoGroup:
    match [reply[0].decode(), *reply[1:]]:
        case ["claimed", cursor, buried, trimmed, *messages]:
            return _messages(messages, cursor.decode(), int(buried), int(trimmed))
        case ["nogroup"]:
            return NoGroup()
    raise ValueError("status")


def read_ack(reply: Any) -> Ack:
    return status_of(reply, ("acked", "lost"))


def read_renew(reply: Any) -> Renewal:
    return status_of(reply, ("renewed", "lost"))


def read_release(reply: Any) -> Release:
    return status_of(reply, ("released", "lost"))


def read_bury(reply: Any) -> Buried | LostDelivery:
    match [reply[0].decode(), *reply[1:]]:
        case ["buried", id]:
            return Buried(id.decode())
        case ["lost"]:
            return LostDelivery()
    raise ValueError("status")


def read_revive(reply: Any) -> Revived | NotRevived:
    match [reply[0].decode(), *reply[1:]]:
        case ["revived", id]:
            return Revived(id.decode())
        case ["empty"]:
            return NotRevived("empty")
        case ["missing"]:
            return NotRevived("missing")
    raise ValueError("status")


def read_leave(reply: Any) -> Left:
    match [reply[0].decode(), *reply[1:]]:
        case ["left" | "more" as status, released]:
            return Left(int(released), status == "more")
    raise ValueError("status")


def read_lag(reply: Any) -> StreamLag | UnknownLag:
    match [reply[0].decode(), *reply[1:]]:
        case ["exact" | "at_least" as status, unread, pending, age]:
            return StreamLag(int(unread), status == "exact", int(pending), timedelta(microseconds=int(age)))
        case ["unknown"]:
            return UnknownLag()
    raise ValueError("status")
