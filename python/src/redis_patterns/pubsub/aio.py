"""Publishing and subscribing for asyncio."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Generic, TypeVar

import redis.asyncio

from .. import _aio
from .._arguments import Duration, microseconds, seconds, texts, whole
from .._clock import clock
from .._codecs import check as check_codec
from .._codecs import encoded
from ..errors import argument_error
from ..runner import arun, check
from . import calls
from .buffer import Buffer
from .connection_aio import Connection
from .feed import Feed
from .values import SLOW_READERS, Gap, MessageCodec, Published, SlowReader, SubscriptionEvent

T = TypeVar("T")


class Publisher(Generic[T]):
    """Publishes values to a channel, numbered, so that a subscriber knows when it missed one.

    A message goes to those who listen now, and is kept for nobody else.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        channel: str,
        *,
        codec: MessageCodec[T],
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        check_codec(codec)
        self._key = calls.channel_key(channel, namespace=namespace)
        self._codec = codec

    async def publish(self, value: T) -> Published:
        """Sends a value. Raises `RedisError`; after `unknown` it may have been published."""
        call = calls.publish(self._key, payload=encoded(self._codec, value, argument_error), codec=self._codec.number)
        return await arun(self._redis, call)


class Subscriber(Generic[T]):
    """Messages of channels and patterns, in order, with every gap told; `async with` opens it, `async for` reads it.

    Opening returns when the server has confirmed each channel and pattern. Then the connection is watched, and renewed
    after every loss; what was missed meanwhile is a `Gap`. `buffer`: messages that wait for a slow reader;
    `slow_reader`: what happens to more. `ping_after`, `pong_within`: silence until a PING, and until the connection
    counts as lost. `timeout`: how long opening may take. Durations are timedeltas or seconds.

    A pattern is a glob over names (`orders.*`); `literal` makes one of text that a user gave.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        channels: Iterable[str] = (),
        *,
        codec: MessageCodec[T],
        patterns: Iterable[str] = (),
        buffer: int = 1024,
        slow_reader: SlowReader = "drop_oldest",
        namespace: str | None = None,
        ping_after: Duration = 3.0,
        pong_within: Duration = 5.0,
        timeout: Duration = 5.0,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        check_codec(codec)
        wires = {calls.channel_key(name, namespace=namespace): name for name in texts(channels, "channels")}
        globs = {calls.pattern_on_wire(name, namespace=namespace): name for name in texts(patterns, "patterns")}
        if not wires and not globs:
            raise argument_error("no channel and no pattern to subscribe to")
        if slow_reader not in SLOW_READERS:
            raise argument_error(f"slow_reader must be one of {', '.join(SLOW_READERS)}")
        self._codec = codec
        self._bell = _aio.Bell()
        self._buffer = Buffer(whole(buffer, "buffer", 1, 1_000_000), slow_reader, self._bell.ring)
        self._timeout = _seconds(timeout, "timeout")
        self._connection = Connection(
            redis,
            Feed(wires, globs, self._buffer),
            self._buffer,
            wires,
            globs,
            ping_after=_seconds(ping_after, "ping_after"),
            pong_within=_seconds(pong_within, "pong_within"),
        )

    @property
    def dropped(self) -> int:
        """Messages that were dropped because the reader was too slow."""
        return self._buffer.dropped

    @property
    def connections(self) -> int:
        """How often the server confirmed the subscription: 1, and 1 more for each renewal."""
        return self._connection.confirmed

    async def __aenter__(self) -> Subscriber[T]:
        try:
            await self._connection.open(self._timeout)
        except BaseException:
            await _aio.finish(self._connection.close, 2.0)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: _aio.Traceback
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the subscription; what waits can still be read."""
        await _aio.finish(self._connection.close, 2.0)

    async def next(self, timeout: Duration | None = None) -> SubscriptionEvent[T] | None:
        """The next event; None when none came within `timeout`, and when the subscription was closed.

        Raises `PubSubError`: `PUBSUBSLOW` by the policy `disconnect`, `PUBSUBENDED` when the server refused to renew.
        """
        end = None if timeout is None else clock() + seconds(timeout, "timeout")
        while True:
            ended = self._buffer.ended
            item = self._buffer.take()
            if isinstance(item, Gap):
                return item
            if item is not None:
                return calls.decoded(item, self._codec)
            if ended:
                return None
            left = None if end is None else end - clock()
            if left is not None and left <= 0:
                return None
            await self._bell.wait(left)

    def __aiter__(self) -> Subscriber[T]:
        return self

    async def __anext__(self) -> SubscriptionEvent[T]:
        event = await self.next()
        if event is None:
            raise StopAsyncIteration
        return event


def _seconds(duration: timedelta | float, what: str) -> float:
    return whole(microseconds(duration, what), what, 1000) / 1_000_000
