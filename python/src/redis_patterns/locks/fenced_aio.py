"""A value that refuses late writers, for asyncio."""

from __future__ import annotations

import redis.asyncio

from .._arguments import Duration, microseconds
from ..runner import aread, arun, check
from . import fenced_calls as calls
from .fenced_calls import FencedStale, FencedWritten


class FencedValue:
    """Bytes that a lock's holders write: whoever comes late, with a smaller fence than the last writer's, is refused.

    This is the other half of a lock's fence: without a resource that checks it, a fence is decoration. `ttl` is the
    life of what is written; the newest fence is kept for a day longer, and a writer later than that finds nothing that
    could refuse it.
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
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._ttl_us = microseconds(ttl, "ttl")
        calls.write(self._keys, payload=b"", fence=1, ttl_us=self._ttl_us)  # checks it

    async def write(self, value: bytes, *, fence: int) -> FencedWritten | FencedStale:
        """Writes, unless a larger `fence` has written; the same one may write again. One round trip."""
        return await arun(self._redis, calls.write(self._keys, payload=value, fence=fence, ttl_us=self._ttl_us))

    async def read(self) -> bytes | None:
        """The value, or None where none was written or its life is over. One round trip."""
        [value] = await aread(self._redis, [("GET", self._keys.value)])
        return value if isinstance(value, bytes) else None
