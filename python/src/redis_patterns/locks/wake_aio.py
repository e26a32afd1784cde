"""Hears of a grant at once, for asyncio. An accelerator only: whoever misses the message asks again by itself."""

from __future__ import annotations

import redis.asyncio

from .. import _aio
from .._hub_aio import Ear, Hub


class Wake:
    """Listens on a lock's channel for the name of one owner; all waiters of a client share one connection."""

    def __init__(self, client: redis.asyncio.Redis, channel: str, owner: str) -> None:
        self._client = client
        self._channel = channel
        self._owner = owner
        self._hub: Hub | None = None
        self._ear: Ear | None = None

    async def open(self) -> bool:
        """Subscribes, once. Whether it did now."""
        if self._ear is not None:
            return False
        self._hub, self._ear = await Hub.join(self._client, self._channel, self._owner)
        return not self._ear.deaf

    async def wait(self, seconds: float) -> None:
        """Returns when the owner is named, when messages may have been lost, or after `seconds`."""
        if self._ear is None or self._ear.deaf:
            return await _aio.sleep(seconds)
        return await self._ear.wait(seconds)

    async def close(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            await hub.leave(self._channel, self._owner)
