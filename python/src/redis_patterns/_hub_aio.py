"""One connection that hears for all who wait on a client, for asyncio. `_hub_sync.py` does the same with threads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import redis.asyncio
import redis.exceptions

from ._aio import rung
from .runner import heeding_cancellation

FAULTS = (redis.exceptions.RedisError, OSError, RuntimeError)


class Ear:
    """What one listener waits on: set when a message names it, or when messages may have been lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.deaf = False

    def wake(self, *, deaf: bool = False) -> None:
        self.deaf = self.deaf or deaf
        self._event.set()

    async def wait(self, seconds: float) -> None:
        await rung(self._event, seconds)
        self._event.clear()


class Hub:
    """The listeners of one client. It lives from the first to the last, so it never outlives their event loop."""

    _all: ClassVar[WeakKeyDictionary[redis.asyncio.Redis, Hub]] = WeakKeyDictionary()

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._pubsub: Any = client.pubsub(ignore_subscribe_messages=True)
        self._ears: dict[str, dict[bytes, Ear]] = {}
        self._channels: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._guard = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._over = False

    @classmethod
    async def join(cls, client: redis.asyncio.Redis, channel: str, name: str) -> tuple[Hub, Ear]:
        """Listens for messages on `channel` that say `name`; returns when the subscription was asked for."""
        hub = cls._all.get(client)
        if hub is None or hub._over or hub._loop is not asyncio.get_running_loop():
            hub = cls._all[client] = cls(client)
        ear = Ear()
        hub._ears.setdefault(channel, {})[name.encode()] = ear
        try:
            async with hub._guard:
                if channel not in hub._channels and not hub._over:
                    hub._channels.add(channel)
                    await heeding_cancellation(hub._pubsub.subscribe(channel))
                if hub._reader is None and not hub._over:
                    hub._reader = asyncio.create_task(hub._read())
        except FAULTS:
            hub._end()
        except BaseException:
            # Whether the channel is heard is not known: all others ask by themselves from now on.
            hub._ears[channel].pop(name.encode(), None)
            hub._end()
            raise
        if hub._over:
            ear.wake(deaf=True)
        return hub, ear

    async def leave(self, channel: str, name: str) -> None:
        """Ends a listener; the last one ends the connection."""
        self._ears[channel].pop(name.encode())
        async with self._guard:
            if channel in self._ears and not self._ears[channel]:
                del self._ears[channel]
                self._channels.discard(channel)
                if self._ears and not self._over:
                    with contextlib.suppress(*FAULTS):
                        await self._pubsub.unsubscribe(channel)
            if self._ears:
                return
            self._over = True
            if self._reader is not None:
                self._reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._reader
            with contextlib.suppress(*FAULTS):
                await self._pubsub.aclose()

    async def _read(self) -> None:
        try:
            while True:
                message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
                if message is not None and message["type"] == "message":
                    self._hear(message["channel"], message["data"])
        except FAULTS:
            self._end()

    def _hear(self, channel: bytes | str, name: bytes | str) -> None:
        where = channel if isinstance(channel, str) else channel.decode()
        ear = self._ears.get(where, {}).get(name.encode() if isinstance(name, str) else name)
        if ear is not None:
            ear.wake()

    def _end(self) -> None:
        """The connection is lost: all ask by themselves from now on."""
        self._over = True
        for ears in self._ears.values():
            for ear in ears.values():
                ear.wake(deaf=True)
