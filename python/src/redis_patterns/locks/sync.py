# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""A lock for threads."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import redis

from .. import _sync
from .._arguments import Duration, microseconds
from .._clock import clock, deadline, new_token
from ..errors import LockError, RedisError, argument_error
from ..runner import check, run
from . import calls
from .calls import Held
from .lease_sync import Lease
from .wake_sync import Wake


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
        self._redis = redis
        self._name = name
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._ttl_us = microseconds(ttl, "ttl")
        self._wait = microseconds(wait, "wait") / 1_000_000
        self._patience_us = microseconds(patience, "patience")
        self._on_lost = on_lost
        self._leases: dict[object, list[Lease]] = {}
        if self._patience_us <= 0:
            raise argument_error("patience must be more than 0")
        calls.acquire(self._keys, owner="x", ttl_us=self._ttl_us, patience_us=self._patience_us)  # checks both

    def try_acquire(self) -> Lease | Held:
        """The lease, or how long the present one lasts; never waits. The lease is not renewed before it is entered."""
        owner = new_token()
        try:
            got = self._ask(owner, 0)
        except BaseException:
            _sync.finish(lambda: self._leave(owner), 1.0)
            raise
        if isinstance(got, Lease):
            return got
        return Held(got.retry_after)

    def acquire(self, *, wait: Duration | None = None) -> Lease:
        """Waits in the queue for the lease. Cancelling leaves the queue. The lease is not renewed before it is entered.

        Raises `LockError` (`LOCKWAIT`) when it was not granted within `wait`.
        """
        end = clock() + (self._wait if wait is None else microseconds(wait, "wait") / 1_000_000)
        owner = new_token()
        wake = Wake(self._redis, self._keys.wake, owner)
        try:
            try:
                return self._stand(owner, wake, end)
            finally:
                _sync.finish(wake.close, 1.0)
        except BaseException:
            _sync.finish(lambda: self._leave(owner), 1.0)
            raise

    def _stand(self, owner: str, wake: Wake, end: float) -> Lease:
        while True:
            got = self._ask(owner, self._patience_us)
            if isinstance(got, Lease):
                return got
            left = end - clock()
            if left <= 0:
                raise LockError(LockError.WAIT, f"{self._name} was not granted within the wait")
            if wake.open():
                continue  # it may have been granted before we listened
            pause = self._patience_us / 3_000_000 * random.uniform(0.8, 1)
            wake.wait(min(pause, max(got.retry_after.total_seconds(), 0.001), left))

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

    def _ask(self, owner: str, patience_us: int) -> Lease | calls.Waiting | Held:
        sent = clock()
        call = calls.acquire(self._keys, owner=owner, ttl_us=self._ttl_us, patience_us=patience_us)
        got = _sync.complete(lambda: run(self._redis, call))
        if not isinstance(got, calls.Acquired):
            return got
        end = deadline(sent, self._ttl_us / 1_000_000)
        if clock() >= end:
            raise LockError(LockError.LOST, f"the answer came after the lease on {self._name} had ended")
        return Lease(self._redis, self._name, self._keys, owner, got.fence, self._ttl_us, end, self._on_lost)

    def _leave(self, owner: str) -> None:
        with contextlib.suppress(RedisError):  # the place lapses by itself
            run(self._redis, calls.release(self._keys, owner=owner))
