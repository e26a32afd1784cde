# Written by scripts/unasync.py from wake_aio.py: edit that file, then run the script.
"""Hears of a grant at once, for threads. An accelerator only: whoever misses the message asks again by itself."""

from __future__ import annotations

import redis

from .. import _sync
from .._hub_sync import Ear, Hub


class Wake:
    """Listens on a lock's channel for the name of one owner; all waiters of a client share one connection."""

    def __init__(self, client: redis.Redis, channel: str, owner: str) -> None:
        self._client = client
        self._channel = channel
        self._owner = owner
        self._hub: Hub | None = None
        self._ear: Ear | None = None

    def open(self) -> bool:
        """Subscribes, once. Whether it did now."""
        if self._ear is not None:
            return False
        self._hub, self._ear = Hub.join(self._client, self._channel, self._owner)
        return not self._ear.deaf

    def wait(self, seconds: float) -> None:
        """Returns when the owner is named, when messages may have been lost, or after `seconds`."""
        if self._ear is None or self._ear.deaf:
            return _sync.sleep(seconds)
        return self._ear.wait(seconds)

    def close(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            hub.leave(self._channel, self._owner)
