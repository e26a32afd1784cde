"""Hears of a grant at once, for asyncio. An accelerator only: whoever misses the message asks again by itself."""

from __future__ import annotations

import contextlib

import redis.asyncio
import redis.exceptions

from .. import _aio
from .._clock import clock

_FAULTS = (redis.exceptions.RedisError, OSError, RuntimeError)


class Wake:
    """Listens on a lock's channel for the name of one owner."""

    def __init__(self, client: redis.asyncio.Redis, channel: str, owner: str) -> None:
        self._client = client
        self._channel = channel
        self._names = (owner, owner.encode())
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._tried = False

    async def open(self) -> bool:
        """Subscribes, once. Whether it did now."""
        if self._tried:
            return False
        self._tried = True
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        try:
            await self._pubsub.subscribe(self._channel)
        except _FAULTS:
            await self.close()
            return False
        return True

    async def wait(self, seconds: float) -> None:
        """Returns when the owner is named, or after `seconds`."""
        end = clock() + seconds
        while (left := end - clock()) > 0:
            if self._pubsub is None:
                return await _aio.sleep(left)
            try:
                message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=left)
            except _FAULTS:
                await self.close()
                continue
            if message is not None and message.get("data") in self._names:
                return None
        return None

    async def close(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is None:
            return
        with contextlib.suppress(*_FAULTS):
            await pubsub.aclose()
