"""A versioned object for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import redis.asyncio

from .._arguments import Duration, function, microseconds, whole
from ..runner import arun, check
from . import object as calls
from .object import FoundObject, ObjectConflict, ObjectDeleted, ObjectFull, ObjectMissing, ObjectWritten


class VersionedObject:
    """Fields with a version: a change made from what was read is refused when another came between.

    Versions grow also when the object was deleted or lost in between, so one seen once never comes back. The object
    ends `ttl` after its last change.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        name: str,
        *,
        ttl: Duration,
        most: int = calls.MOST_FIELDS,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._most = most
        self._namespace = namespace
        calls.write(name, set={"x": b""}, ttl_us=self._ttl_us, most=most, namespace=namespace)  # checks all

    async def read(self) -> FoundObject | ObjectMissing:
        """All fields and the version, as they stood at one moment."""
        return await arun(self._redis, calls.read(self._name, namespace=self._namespace))

    async def write(
        self,
        set: Mapping[str, str | bytes] | None = None,  # noqa: A002
        *,
        remove: Collection[str] = (),
        seen: int | None = None,
    ) -> ObjectWritten | ObjectConflict | ObjectMissing | ObjectFull:
        """Changes these fields and leaves the others, if the object is at version `seen`.

        0: if there is none yet. None: in any case. Repeating after a lost reply is safe with a version: the repeat is a
        conflict.
        """
        call = calls.write(
            self._name,
            set=set,
            remove=remove,
            seen=seen,
            ttl_us=self._ttl_us,
            most=self._most,
            namespace=self._namespace,
        )
        return await arun(self._redis, call)

    async def update(
        self, change: Callable[[dict[str, bytes]], Mapping[str, str | bytes]], *, attempts: int = 10
    ) -> ObjectWritten | ObjectConflict | ObjectMissing | ObjectFull:
        """Reads, asks `change` for new values, writes; anew when another came between, `attempts` times.

        `change` gets no fields when there is no object. The result is an `ObjectConflict` when others were always
        faster.
        """
        function(change, "change")
        whole(attempts, "attempts", 1)
        for _ in range(attempts):
            found = await self.read()
            fields = dict(found.fields) if isinstance(found, FoundObject) else {}
            seen = found.version if isinstance(found, FoundObject) else 0
            outcome = await self.write(change(fields), seen=seen)
            if not isinstance(outcome, (ObjectConflict, ObjectMissing)):
                break
        return outcome

    async def delete(self, *, seen: int | None = None) -> ObjectDeleted | ObjectConflict | ObjectMissing:
        """Deletes it, if it is at version `seen`; None: in any case. Works when the server's memory is full."""
        return await arun(self._redis, calls.delete(self._name, seen=seen, namespace=self._namespace))
