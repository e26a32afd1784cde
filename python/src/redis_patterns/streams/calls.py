"""The calls of a stream as values. Pure: nothing here talks to a server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict

from .._arguments import LARGEST, digits, mapping, token, whole
from ..errors import argument_error
from ..keys import key, part
from ..script import ScriptCall, load
from . import replies
from .values import Fields, StreamAdded, StreamLag

DAY_US = 86_400_000_000
MOST_FIELDS, LONGEST_FIELD, LONGEST_ERROR = 256, 512, 1024
MOST_AT_ONCE, MOST_HELD, MOST_TRIES, MOST_COUNTED = 100, 1000, 1_000_000, 100_000
_ID = re.compile(r"[0-9]{1,20}(-[0-9]{1,20})?", re.ASCII)
_CONSUMER = re.compile(r"[A-Za-z0-9_-]{1,128}(:[A-Za-z0-9_-]{1,128})?", re.ASCII)
_CURSOR = re.compile(r"\(?[0-9]{1,20}-[0-9]{1,20}", re.ASCII)

Whose: TypeAlias = Literal["anyone", "own"]
BuryReason: TypeAlias = Literal["max_deliveries", "rejected", "undecodable"]


class Receipt(TypedDict):
    """What a delivery is settled with."""

    group: str
    consumer: str
    message_id: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one stream."""

    stream: str
    dead: str

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        stream = key("stream", name, namespace=namespace)
        return cls(stream, f"{stream}:dead")

    def request(self, request: str) -> str:
        return f"{self.stream}:request:{part(request, 'request')}"


def add(
    keys: Keys,
    fields: Fields,
    *,
    length: int,
    keep_us: int = 0,
    request: str | None = None,
    replay_us: int = DAY_US,
) -> ScriptCall[StreamAdded]:
    """Appends a message; with a request id at most once within `replay_us`."""
    args = [
        digits(whole(length, "length", 0, LARGEST)),
        digits(whole(keep_us, "keep", 1000) if keep_us != 0 else 0),
        digits(whole(replay_us, "replay", 1000)),
        *_words(fields),
        b"0",
    ]
    names = (keys.stream,) if request is None else (keys.stream, keys.request(request))
    return ScriptCall(load("stream_add"), names, tuple(args), replies.read_add)


def open_group(keys: Keys, *, group: str, consumer: str, start: str = "0") -> ScriptCall[replies.Opened]:
    """Makes the group where it is not there. `start`: `0`, `$` (only what comes), or the id after which to read."""
    args = (token(group, "group"), _consumer(consumer), b"$" if start == "$" else _id(start, "start"), b"0")
    return ScriptCall(load("stream_open"), (keys.stream,), args, replies.read_open)


def claim(
    keys: Keys,
    *,
    group: str,
    consumer: str,
    whose: Whose,
    of: str | None = None,
    cursor: str = replies.BEGIN,
    idle_us: int,
    count: int,
    tries: int,
    length: int,
    held: Iterable[str] = (),
) -> ScriptCall[replies.Claimed | replies.NoGroup]:
    """Takes over what others left idle, or what is ours and was never seen. `of`: a former life, None for this one."""
    if whose not in ("anyone", "own"):
        raise argument_error("whose must be anyone or own")
    if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
        raise argument_error("cursor is not one that a claim gave")
    skipped = [_id(one, "held") for one in held]
    whole(len(skipped), "held", 0, MOST_HELD)
    args = (
        token(group, "group"),
        _consumer(consumer),
        whose.encode(),
        _consumer(consumer if of is None else of),
        cursor.encode(),
        digits(whole(idle_us, "idle", 1000)),
        digits(whole(count, "count", 1, MOST_AT_ONCE)),
        digits(whole(tries, "tries", 1, MOST_TRIES)),
        digits(whole(length, "length", 1, LARGEST)),
        *skipped,
        b"0",
    )
    return ScriptCall(load("stream_claim"), (keys.stream, keys.dead), args, replies.read_claim)


def ack(keys: Keys, *, group: str, consumer: str, message_id: str, deliveries: int) -> ScriptCall[replies.Ack]:
    """Ends a delivery that is still ours."""
    args = (*_delivery(group, consumer, message_id, deliveries), b"0")
    return ScriptCall(load("stream_ack"), (keys.stream,), args, replies.read_ack)


def renew(keys: Keys, *, group: str, consumer: str, message_id: str, deliveries: int) -> ScriptCall[replies.Renewal]:
    """Keeps a delivery that is still ours from being claimed."""
    args = (*_delivery(group, consumer, message_id, deliveries), b"0")
    return ScriptCall(load("stream_renew"), (keys.stream,), args, replies.read_renew)


def release(
    keys: Keys,
    *,
    group: str,
    consumer: str,
    message_id: str,
    deliveries: int,
    idle_us: int,
    delay_us: int = 0,
) -> ScriptCall[replies.Release]:
    """Gives a delivery back, to be claimed by anyone after the delay, which is at most `idle_us`."""
    args = (
        *_delivery(group, consumer, message_id, deliveries),
        digits(whole(idle_us, "idle", 1000)),
        digits(whole(delay_us, "delay", 0, idle_us)),
        b"0",
    )
    return ScriptCall(load("stream_release"), (keys.stream,), args, replies.read_release)


def bury(
    keys: Keys,
    *,
    group: str,
    consumer: str,
    message_id: str,
    deliveries: int,
    reason: BuryReason,
    error: str = "",
    length: int,
) -> ScriptCall[replies.Buried | replies.LostDelivery]:
    """Ends a delivery that is still ours among the dead letters. `error` is cut to 1024 bytes."""
    if reason not in ("max_deliveries", "rejected", "undecodable"):
        raise argument_error("reason must be max_deliveries, rejected or undecodable")
    # Cut at a whole character; a lone surrogate, which UTF-8 cannot say, becomes a question mark.
    text = error.encode(errors="replace")[:LONGEST_ERROR].decode(errors="ignore").encode()
    args = (
        *_delivery(group, consumer, message_id, deliveries),
        reason.encode(),
        text,
        digits(whole(length, "length", 1, LARGEST)),
        b"0",
    )
    return ScriptCall(load("stream_bury"), (keys.stream, keys.dead), args, replies.read_bury)


def revive(keys: Keys, *, dead_id: str) -> ScriptCall[replies.Revived | replies.NotRevived]:
    """Puts a dead letter back into its stream."""
    return ScriptCall(
        load("stream_revive"), (keys.stream, keys.dead), (_id(dead_id, "dead_id"), b"0"), replies.read_revive
    )


def leave(keys: Keys, *, group: str, consumer: str, idle_us: int) -> ScriptCall[replies.Left]:
    """Gives back all that a consumer still has, and its seat."""
    args = (token(group, "group"), _consumer(consumer), digits(whole(idle_us, "idle", 1000)), b"0")
    return ScriptCall(load("stream_leave"), (keys.stream,), args, replies.read_leave)


def lag(keys: Keys, *, group: str, most: int = 1000) -> ScriptCall[StreamLag | replies.UnknownLag]:
    """How much of the stream a group has not read; counts up to `most`."""
    args = (token(group, "group"), digits(whole(most, "most", 1, MOST_COUNTED)), b"0")
    return ScriptCall(load("stream_lag"), (keys.stream,), args, replies.read_lag)


def read(keys: Keys, *, group: str, consumer: str, count: int, block_ms: int) -> tuple[bytes | str, ...]:
    """The command that waits for new messages. A bytes verb, so that redis-py leaves the reply as it is."""
    options = ("COUNT", digits(count), "BLOCK", digits(block_ms), "STREAMS", keys.stream, ">")
    return (b"XREADGROUP", "GROUP", group, consumer, *options)


def letters(keys: Keys, *, after: str | None, count: int) -> tuple[bytes | str, ...]:
    """The command that lists dead letters, oldest first."""
    begin = "-" if after is None else "(" + _id(after, "after").decode()
    return (b"XRANGE", keys.dead, begin, "+", "COUNT", digits(whole(count, "count", 1, MOST_HELD)))


def _words(fields: Fields) -> list[bytes]:
    """The fields in the order of their names' bytes, so that both languages store the same."""
    whole(len(mapping(fields, "fields")), "the number of fields", 1, MOST_FIELDS)
    pairs = []
    for name, value in fields.items():
        if not isinstance(name, str) or not isinstance(value, (str, bytes)):
            raise argument_error("a field is a string with a string or bytes")
        try:
            raw = name.encode()
            content = value.encode() if isinstance(value, str) else value
        except UnicodeEncodeError:
            raise argument_error("a field is not valid Unicode") from None
        if not 1 <= len(raw) <= LONGEST_FIELD:
            raise argument_error(f"a field's name must be 1 to {LONGEST_FIELD} bytes")
        pairs.append((raw, content))
    return [word for pair in sorted(pairs) for word in pair]


def _id(text: str, what: str) -> bytes:
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise argument_error(f"{what} is not the id of a message")
    return text.encode()


def _delivery(group: str, consumer: str, message_id: str, deliveries: int) -> tuple[bytes, bytes, bytes, bytes]:
    count = digits(whole(deliveries, "deliveries", 1, LARGEST))
    return token(group, "group"), _consumer(consumer), _id(message_id, "message_id"), count


def _consumer(text: str) -> bytes:
    """A name, or `<name>:<life>`."""
    if not isinstance(text, str) or not _CONSUMER.fullmatch(text):
        raise argument_error("consumer must be 1 to 128 of A-Z a-z 0-9 _ -")
    return text.encode()
