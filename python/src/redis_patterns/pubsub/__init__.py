"""Pub/sub: numbered messages, subscriptions that come back by themselves and tell every gap."""

from .calls import literal
from .sync import Publisher, Subscriber
from .values import Event, Gap, Message, MessageCodec, Published, SlowReader, Undecodable

__all__ = [
    "Event",
    "Gap",
    "Message",
    "MessageCodec",
    "Published",
    "Publisher",
    "SlowReader",
    "Subscriber",
    "Undecodable",
    "literal",
]
