"""One connection that hears for all who wait on a client, for threads. `_hub_aio.py` does the same with asyncio."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import redis
import redis.exceptions

FAULTS = (redis.exceptions.RedisError, OSError, RuntimeError, ValueError)

_PERIOD = 0.1
"""How soon the reader notices that nobody listens any more, in seconds."""


class Ear:
    """What one listener waits on: set when a message names it, or when messages may have been lost."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.deaf = False

    def wake(self, *, deaf: bool = False) -> None:
        self.deaf = self.deaf or deaf
        self._event.set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self._event.clear()


class Hub:
    """The listeners of one client. Its thread lives from the first to the last of them, and owns the connection."""

    _all: ClassVar[WeakKeyDictionary[redis.Redis, Hub]] = WeakKeyDictionary()
    _gate = threading.Lock()

    def __init__(self, client: redis.Redis) -> None:
        self._pubsub: Any = client.pubsub(ignore_subscribe_messages=True)
        self._ears: dict[str, dict[bytes, Ear]] = {}
        self._guard = threading.Lock()
        self._reader: threading.Thread | None = None
        self._over = False

    @classmethod
    def join(cls, client: redis.Redis, channel: str, name: str) -> tuple[Hub, Ear]:
        """Listens for messages on `channel` that say `name`; returns when the subscription was asked for."""
        ear = Ear()
        with cls._gate:
            hub = cls._all.get(client)
            if hub is None or hub._over:
                hub = cls._all[client] = cls(client)
            with hub._guard:
                is_first = channel not in hub._ears
                hub._ears.setdefault(channel, {})[name.encode()] = ear
        with hub._guard:
            try:
                if is_first and not hub._over:
                    hub._pubsub.subscribe(channel)
                if hub._reader is None and not hub._over:
                    hub._reader = threading.Thread(target=hub._read, name="redis-patterns-hub", daemon=True)
                    hub._reader.start()
            except FAULTS:
                hub._end()
        if hub._over:
            ear.wake(deaf=True)
        return hub, ear

    def leave(self, channel: str, name: str) -> None:
        """Ends a listener; the last one ends the connection."""
        with self._gate, self._guard:
            self._ears[channel].pop(name.encode())
            if self._ears[channel]:
                return
            del self._ears[channel]
            if not self._ears:
                self._over = True
            with contextlib.suppress(*FAULTS):
                self._pubsub.unsubscribe(channel)

    def _read(self) -> None:
        try:
            while not self._over:
                message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=_PERIOD)
                if message is not None and message["type"] == "message":
                    self._hear(message["channel"], message["data"])
        except Exception:  # whatever it was (a client closed meanwhile gives TypeError), all ask by themselves now
            with self._guard:
                self._end()
        with contextlib.suppress(Exception):
            self._pubsub.close()

    def _hear(self, channel: bytes | str, name: bytes | str) -> None:
        where = channel if isinstance(channel, str) else channel.decode()
        with self._guard:
            ear = self._ears.get(where, {}).get(name.encode() if isinstance(name, str) else name)
        if ear is not None:
            ear.wake()

    def _end(self) -> None:
        """The connection is lost: all ask by themselves from now on."""
        self._over = True
        for ears in self._ears.values():
            for ear in ears.values():
                ear.wake(deaf=True)
