# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""A lock for threads."""

from __future__ import annotations

from collections.abc import Callable

import redis

from .. import _sync
from .._arguments import Duration, function, microseconds, seconds
from ..errors import argument_error
from ..runner import check
from . import calls
from .calls import Held
from .lease_sync import Lease
from .line_sync import Line


class Lock:
    """A lease on a name: at most one holder, first come first served, with a fencing token.

    `ttl`: how long the lease lasts; inside `with` it is renewed every third of it. `wait`: how long `acquire` and
    `with` wait. `patience`: how long a waiter keeps its place without asking again; it asks three times as often.
    `on_lost` is called once when a lease ends before its scope does. Durations are timedeltas or seconds.

    A lease can end while its holder is stopped or cut off: hand `lease.fence` to the resource, so that it refuses a
    late writer.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
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
        keys = calls.Keys.of(name, namespace=namespace)
        ttl_us, patience_us = microseconds(ttl, "ttl"), microseconds(patience, "patience")
        if patience_us <= 0:
            raise argument_error("patience must be more than 0")
        calls.acquire(keys, owner="x", ttl_us=ttl_us, patience_us=patience_us)  # checks both
        self._wait = seconds(wait, "wait")
        self._leases: dict[object, list[Lease]] = {}

        def granted(owner: str, fence: int, end: float) -> Lease:
            renew = calls.renew(keys, owner=owner, ttl_us=ttl_us)
            return Lease(redis, name, fence, ttl_us, end, renew, calls.release(keys, owner=owner), on_lost)

        self._line = Line(
            redis,
            name,
            ttl_us,
            patience_us,
            keys.wake,
            lambda owner, patience_us: calls.acquire(keys, owner=owner, ttl_us=ttl_us, patience_us=patience_us),
            lambda owner: calls.release(keys, owner=owner),
            granted,
        )

    def try_acquire(self) -> Lease | Held:
        """The lease, or how long the present one lasts; never waits. The lease is not renewed before it is entered."""
        return self._line.ask_once()

    def acquire(self, *, wait: Duration | None = None) -> Lease:
        """Waits in the queue for the lease. Cancelling leaves the queue. The lease is not renewed before it is entered.

        Raises `LockError` (`LOCKWAIT`) when it was not granted within `wait`.
        """
        return self._line.stand(self._wait if wait is None else seconds(wait, "wait"))

    def __enter__(self) -> Lease:
        lease = self.acquire()
        self._leases.setdefault(_sync.scope_id(), []).append(lease)
        return lease.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: _sync.Traceback) -> None:
        scope = _sync.scope_id()
        lease = self._leases[scope].pop()
        if not self._leases[scope]:
            del self._leases[scope]
        lease.__exit__(kind, error, trace)
