"""Recent items for asyncio."""

from __future__ import annotations

import redis.asyncio

from .._arguments import Duration, microseconds, whole
from ..runner import aread, arun, check
from . import recents


class RecentItems:
    """The newest `most` items of a thing, the newest first: always bounded, and gone `ttl` after the last addition.

    With `move`, an item that is there already moves to the front instead of standing twice.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        *,
        ttl: Duration,
        most: int = 100,
        move: bool = False,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._most = most
        self._move = move
        self._namespace = namespace
        recents.add(name, item=b"", most=most, move=move, ttl_us=self._ttl_us, namespace=namespace)  # checks all

    async def add(self, item: str | bytes) -> int:
        """Puts an item in front; how many are kept now. With `move` a repeat after a lost reply is safe."""
        call = recents.add(
            self._name,
            item=item,
            most=self._most,
            move=self._move,
            ttl_us=self._ttl_us,
            namespace=self._namespace,
        )
        return (await arun(self._redis, call)).items

    async def items(self, count: int | None = None) -> list[bytes]:
        """The newest `count` items, or all, the newest first."""
        last = (self._most if count is None else whole(count, "count", 1, self._most)) - 1
        command = ("LRANGE", recents.of(self._name, namespace=self._namespace), "0", str(last))
        (found,) = await aread(self._redis, [command])
        return [bytes(item) for item in found]
