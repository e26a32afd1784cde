# Written by scripts/unasync.py from flag_aio.py: edit that file, then run the script.
"""A flag for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..runner import check, run
from . import flag
from .flag import FlagDown, FlagSet, FlagUp


class SharedFlag:
    """Up or down, for the whole fleet; it falls by itself after `ttl`.

    Of many who set it at once, one is told so: "once per hour" is a flag with a ttl of an hour.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        ttl: Duration,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._namespace = namespace
        flag.set(name, ttl_us=self._ttl_us, namespace=namespace)  # checks all

    def set(self, payload: str | bytes = b"", *, always: bool = False) -> FlagSet | FlagUp:
        """Puts the flag up, or says what is up already; with `always` it is put up anew, with a new end."""
        call = flag.set(self._name, payload=payload, ttl_us=self._ttl_us, always=always, namespace=self._namespace)
        return run(self._redis, call)

    def read(self) -> FlagUp | FlagDown:
        """Whether it is up, with what, and for how long yet."""
        return run(self._redis, flag.read(self._name, namespace=self._namespace))

    def clear(self) -> bool:
        """Takes it down; whether it was up. Works when the server's memory is full."""
        return run(self._redis, flag.clear(self._name, namespace=self._namespace)) == "cleared"
