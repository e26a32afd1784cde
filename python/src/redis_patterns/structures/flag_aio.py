"""A flag for asyncio."""

from __future__ import annotations

import redis.asyncio

from .._arguments import Duration, microseconds
from ..runner import arun, check
from . import flag
from .flag import FlagDown, FlagSet, FlagUp


class SharedFlag:
    """Up or down, for the whole fleet; it falls by itself after `ttl`.

    Of many who set it at once, one is told so: "once per hour" is a flag with a ttl of an hour.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        *,
        ttl: Duration,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._namespace = namespace
        flag.set(name, ttl_us=self._ttl_us, namespace=namespace)  # checks all

    async def set(self, payload: str | bytes = b"", *, always: bool = False) -> FlagSet | FlagUp:
        """Puts the flag up, or says what is up already; with `always` it is put up anew, with a new end."""
        call = flag.set(self._name, payload=payload, ttl_us=self._ttl_us, always=always, namespace=self._namespace)
        return await arun(self._redis, call)

    async def read(self) -> FlagUp | FlagDown:
        """Whether it is up, with what, and for how long yet."""
        return await arun(self._redis, flag.read(self._name, namespace=self._namespace))

    async def clear(self) -> bool:
        """Takes it down; whether it was up. Works when the server's memory is full."""
        return await arun(self._redis, flag.clear(self._name, namespace=self._namespace)) == "cleared"
