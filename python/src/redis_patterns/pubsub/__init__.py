"""Pub/sub: numbered messages, subscriptions that come back by themselves and tell every gap."""

from .calls import literal
from .sync import Publisher, Subscriber
from .values import Gap, Message, MessageCodec, Published, SlowReader, SubscriptionEvent, Undecodable

__all__ = [
    "Gap",
    "Message",
    "MessageCodec",
    "Published",
    "Publisher",
    "SlowReader",
    "Subscriber",
    "SubscriptionEvent",
    "Undecodable",
    "literal",
]
