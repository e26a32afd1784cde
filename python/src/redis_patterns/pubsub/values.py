"""What a subscriber gets, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SlowReader: TypeAlias = Literal["drop_oldest", "drop_newest", "latest_per_channel", "disconnect"]
"""What happens when a message comes and the buffer is full. Whatever is dropped is counted in a `Gap`.

`drop_oldest` and `drop_newest` drop a message. `latest_per_channel` keeps one message a channel, at any time, and the
buffer's size counts channels. `disconnect` ends the subscription with `PubSubError` (`PUBSUBSLOW`)."""

SLOW_READERS: tuple[SlowReader, ...] = ("drop_oldest", "drop_newest", "latest_per_channel", "disconnect")

Cause: TypeAlias = Literal["connection", "slow_reader"]


class MessageCodec(Protocol[T]):
    """How values become bytes: `BYTES`, `TEXT` and `JSON` of this package, or your own with a number from 128 on."""

    @property
    def number(self) -> int: ...

    @property
    def encode(self) -> _Encode[T]: ...

    @property
    def decode(self) -> _Decode[T]: ...


class _Encode(Protocol[T]):  # type: ignore[misc]
    def __call__(self, value: T, /) -> bytes: ...


class _Decode(Protocol[T_co]):
    def __call__(self, payload: bytes, /) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Published:
    """What the server said: the message's number, and how many subscribers it was sent to.

    `receivers` counts those of the server that ran it, and says nothing about whether they will read it. Sequences
    are numbered from 1 within an `epoch`, and without holes.
    """

    epoch: int
    sequence: int
    receivers: int


@dataclass(frozen=True)  # with slots, Message[str](...) is a TypeError in Python 3.11
class Message(Generic[T]):
    """A message; `pattern` when a pattern brought it. `sequence` counts the channel's messages within an `epoch`."""

    value: T
    channel: str
    sequence: int
    epoch: int
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages are missing here: look at the state that they are about.

    `channel` is the channel, or the pattern when `is_pattern`. `missed` says how many, exactly; None when that cannot
    be known: for a pattern after a lost connection, and where the server lost its count (a restart without data).
    """

    channel: str
    missed: int | None
    cause: Cause
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A message that could not be read: not published by this library, of another codec, or damaged."""

    channel: str
    payload: bytes
    reason: str
    pattern: str | None = None


SubscriptionEvent: TypeAlias = Message[T] | Gap | Undecodable
