# Written by scripts/unasync.py from semaphore_aio.py: edit that file, then run the script.
"""A semaphore for threads."""

from __future__ import annotations

from collections.abc import Callable

import redis

from .. import _sync
from .._arguments import Duration, function, microseconds, seconds, whole
from ..errors import argument_error
from ..runner import check
from ..script import ScriptCall
from . import semaphore_calls as calls
from .calls import Acquired, Held, Waiting
from .lease_sync import Lease
from .line_sync import Line


class PermitLease(Lease):
    """Permits that were granted, ours until they are released or lost; see `Lease`.

    `permits` is how many. `fence` is another for every grant and grows; several holders are right at a time, so a
    resource must not refuse the smaller one, but may tell the holders apart by it.
    """

    permits: int


class Semaphore:
    """At most `limit` permits at work at a time, over processes and languages, first come first served by weight.

    Who asks for many is not passed by those who ask for few. Permits are leased: those of a holder that died return
    when their lease ends. `limit` is each caller's own: give all of them the same. `ttl`, `wait`, `patience` and
    `on_lost` are as in `Lock`.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        limit: int,
        ttl: Duration = 30.0,
        wait: Duration = 30.0,
        patience: Duration = 3.0,
        namespace: str | None = None,
        on_lost: Callable[[Lease], None] | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        if on_lost is not None:
            function(on_lost, "on_lost")
        self._redis = redis
        self._name = name
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._limit = limit
        self._ttl_us = microseconds(ttl, "ttl")
        self._wait = seconds(wait, "wait")
        self._patience_us = microseconds(patience, "patience")
        self._on_lost = on_lost
        if self._patience_us <= 0:
            raise argument_error("patience must be more than 0")
        self._call("x", 1, self._patience_us)  # checks all

    def permits(self, count: int = 1) -> Permits:
        """A scope that holds `count` permits: `with semaphore.permits(2) as lease`.

        Entering waits as `acquire` does; inside, the lease is renewed, and lost with notice, as a lock's.
        """
        return Permits(self, whole(count, "weight", 1, self._limit))

    def try_acquire(self, permits: int = 1) -> PermitLease | Held:
        """The permits, or how long the first of the present leases lasts; never waits.

        The lease is not renewed before it is entered.
        """
        return self._line(permits).ask_once()

    def acquire(self, permits: int = 1, *, wait: Duration | None = None) -> PermitLease:
        """Waits in the queue for the permits. Cancelling leaves it. The lease is not renewed before it is entered.

        Raises `LockError` (`LOCKWAIT`) when they were not granted within `wait`, `RedisError` (`ARGUMENT`) when they
        are more than there are.
        """
        return self._line(permits).stand(self._wait if wait is None else seconds(wait, "wait"))

    def _line(self, permits: int) -> Line[PermitLease]:
        whole(permits, "weight", 1, self._limit)

        def granted(owner: str, fence: int, end: float) -> PermitLease:
            renew = calls.renew(self._keys, owner=owner, ttl_us=self._ttl_us)
            release = calls.release(self._keys, owner=owner)
            lease = PermitLease(self._redis, self._name, fence, self._ttl_us, end, renew, release, self._on_lost)
            lease.permits = permits
            return lease

        return Line(
            self._redis,
            self._name,
            self._ttl_us,
            self._patience_us,
            self._keys.wake,
            lambda owner, patience_us: self._call(owner, permits, patience_us),
            lambda owner: calls.release(self._keys, owner=owner),
            granted,
        )

    def _call(self, owner: str, permits: int, patience_us: int) -> ScriptCall[Acquired | Waiting | Held]:
        return calls.acquire(
            self._keys, owner=owner, weight=permits, limit=self._limit, ttl_us=self._ttl_us, patience_us=patience_us
        )


class Permits:
    """A scope that holds some permits of a semaphore; made by `Semaphore.permits`, entered once."""

    def __init__(self, semaphore: Semaphore, count: int) -> None:
        self._semaphore = semaphore
        self._count = count
        self._lease: PermitLease | None = None

    def __enter__(self) -> PermitLease:
        self._lease = self._semaphore.acquire(self._count)
        self._lease.__enter__()
        return self._lease

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: _sync.Traceback) -> None:
        if self._lease is not None:
            self._lease.__exit__(kind, error, trace)
