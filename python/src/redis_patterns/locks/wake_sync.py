# Written by scripts/unasync.py from wake_aio.py: edit that file, then run the script.
"""Hears of a grant at once, for threads. An accelerator only: whoever misses the message asks again by itself."""

from __future__ import annotations

import contextlib

import redis
import redis.exceptions

from .. import _sync
from .._clock import clock

_FAULTS = (redis.exceptions.RedisError, OSError, RuntimeError)


class Wake:
    """Listens on a lock's channel for the name of one owner."""

    def __init__(self, client: redis.Redis, channel: str, owner: str) -> None:
        self._client = client
        self._channel = channel
        self._names = (owner, owner.encode())
        self._pubsub: redis.client.PubSub | None = None
        self._tried = False

    def open(self) -> bool:
        """Subscribes, once. Whether it did now."""
        if self._tried:
            return False
        self._tried = True
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        try:
            self._pubsub.subscribe(self._channel)
        except _FAULTS:
            self.close()
            return False
        return True

    def wait(self, seconds: float) -> None:
        """Returns when the owner is named, or after `seconds`."""
        end = clock() + seconds
        while (left := end - clock()) > 0:
            if self._pubsub is None:
                return _sync.sleep(left)
            try:
                message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=left)
            except _FAULTS:
                self.close()
                continue
            if message is not None and message.get("data") in self._names:
                return None
        return None

    def close(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is None:
            return
        with contextlib.suppress(*_FAULTS):
            pubsub.close()
