"""The calls and the names of channels as values, and what replies and messages mean. Pure: no server here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from .._arguments import digits, whole
from ..errors import argument_error
from ..keys import key, part
from ..script import ScriptCall, load
from .values import Message, MessageCodec, Published, Undecodable

T = TypeVar("T")

_ENVELOPE = re.compile(rb"([1-9][0-9]{0,18}):([1-9][0-9]{0,15}):(0|[1-9][0-9]{0,2}):", re.ASCII)
_GLOB = re.compile(r"[*?\[\]\\]")
_ESCAPED = re.compile(r"%([0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a channel stands: the number of its last message, 0 before the first, within an epoch."""

    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it came; without a codec it is none of ours, and the payload is all of it."""

    channel: str
    payload: bytes
    pattern: str | None = None
    position: Position = Position(0, 0)
    codec: int | None = None


def channel_key(name: str, *, namespace: str | None = None) -> str:
    """The counter's key, which is also the name of the channel on the server."""
    return key("channel", name, namespace=namespace)


def pattern_on_wire(pattern: str, *, namespace: str | None = None) -> str:
    """A pattern over names of channels as the server matches it; the namespace stands for itself."""
    prefix = "" if namespace is None else literal(part(namespace, "namespace")) + ":"
    return f"{prefix}channel:{{{part(pattern, 'pattern')}}}"


def literal(text: str) -> str:
    """The pattern that matches this text and nothing else: for text that a user gave."""
    if not isinstance(text, str):
        raise argument_error(f"a name must be a string, not {type(text).__name__}")
    return _GLOB.sub(lambda match: "\\" + match[0], text)


def channel_name(wire: str) -> str:
    """The name of a channel that a pattern brought."""
    _, found, rest = wire.rpartition("channel:{")
    if not found or not rest.endswith("}"):
        return wire
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), rest[:-1])


def publish(channel: str, *, payload: bytes, codec: int) -> ScriptCall[Published]:
    """Numbers a message and publishes it; `channel` is the key."""
    if not isinstance(payload, bytes):
        raise argument_error(f"a codec must give bytes, not {type(payload).__name__}")
    args = (digits(whole(codec, "codec", 0, 255)), payload, b"0")
    return ScriptCall(load("channel_publish"), (channel,), args, _read_publish)


def position(channel: str) -> ScriptCall[Position]:
    """Where the channel stands; `channel` is the key."""
    return ScriptCall(load("channel_position"), (channel,), (b"0",), _read_position)


def read_message(channel: str, data: bytes, pattern: str | None = None) -> Raw:
    """Takes a message apart. What has not our form is kept whole."""
    found = _ENVELOPE.match(data)
    if found is None or int(found[3]) > 255:
        return Raw(channel, data, pattern)
    place = Position(int(found[1]), int(found[2]))
    return Raw(channel, data[found.end() :], pattern, place, int(found[3]))


def decoded(raw: Raw, codec: MessageCodec[T]) -> Message[T] | Undecodable:
    """A message as its reader gets it."""
    if raw.codec is None:
        return Undecodable(raw.channel, raw.payload, "it was not published by this library", raw.pattern)
    if raw.codec != codec.number:
        reason = f"it has codec {raw.codec}, this subscriber {codec.number}"
        return Undecodable(raw.channel, raw.payload, reason, raw.pattern)
    try:
        value = codec.decode(raw.payload)
    except Exception as error:  # a codec is somebody's code: whatever it throws, the next message is read
        return Undecodable(raw.channel, raw.payload, f"its codec failed: {type(error).__name__}", raw.pattern)
    return Message(value, raw.channel, raw.position.sequence, raw.position.epoch, raw.pattern)


def _read_publish(reply: Any) -> Published:
    match [reply[0].decode(), *reply[1:]]:
        case ["published", epoch, int(sequence), int(receivers)]:
            return Published(int(epoch), sequence, receivers)
    raise ValueError("status")


def _read_position(reply: Any) -> Position:
    match [reply[0].decode(), *reply[1:]]:
        case ["at", epoch, int(sequence)]:
            return Position(int(epoch), sequence)
    raise ValueError("status")
