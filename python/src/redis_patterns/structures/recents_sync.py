# Written by scripts/unasync.py from recents_aio.py: edit that file, then run the script.
"""Recent items for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds, whole
from ..runner import check, read, run
from . import recents


class RecentItems:
    """The newest `most` items of a thing, the newest first: always bounded, and gone `ttl` after the last addition.

    With `move`, an item that is there already moves to the front instead of standing twice.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        ttl: Duration,
        most: int = 100,
        move: bool = False,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._most = most
        self._move = move
        self._namespace = namespace
        recents.add(name, item=b"", most=most, move=move, ttl_us=self._ttl_us, namespace=namespace)  # checks all

    def add(self, item: str | bytes) -> int:
        """Puts an item in front; how many are kept now. With `move` a repeat after a lost reply is safe."""
        call = recents.add(
            self._name,
            item=item,
            most=self._most,
            move=self._move,
            ttl_us=self._ttl_us,
            namespace=self._namespace,
        )
        return (run(self._redis, call)).items

    def items(self, count: int | None = None) -> list[bytes]:
        """The newest `count` items, or all, the newest first."""
        last = (self._most if count is None else whole(count, "count", 1, self._most)) - 1
        command = ("LRANGE", recents.of(self._name, namespace=self._namespace), "0", str(last))
        (found,) = read(self._redis, [command])
        return [bytes(item) for item in found]
