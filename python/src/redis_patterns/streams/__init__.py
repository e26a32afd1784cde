"""Streams: messages that are worked on at least once, by groups of consumers."""

from .consumer_sync import StreamConsumer
from .sync import MessageStream
from .values import DeadLetter, StreamAdded, StreamLag, StreamMessage, StreamReject, StreamStats

__all__ = [
    "DeadLetter",
    "MessageStream",
    "StreamAdded",
    "StreamConsumer",
    "StreamLag",
    "StreamMessage",
    "StreamReject",
    "StreamStats",
]
