# Written by scripts/unasync.py from queue_aio.py: edit that file, then run the script.
"""A reliable queue for threads."""

from __future__ import annotations

import redis

from .. import _sync
from .._arguments import Duration, microseconds, seconds
from .._clock import clock, new_token
from ..runner import check, run
from . import queue
from .queue import Handed, JobExists, JobPushed, QueueEmpty, QueueFull, QueueState, Settled

_POLL = 0.1
"""Seconds between two looks of a consumer that waits."""


class QueueJob:
    """A job that was handed out, ours until its lease ends. Settle it with `ack`, `retry` or `bury`.

    `attempt` counts from 1 and grows with every hand-out: a fence for what the job writes elsewhere.
    """

    def __init__(self, redis: redis.Redis, shape: queue.Queue, handed: Handed, token: str, lease_us: int) -> None:
        self.id = handed.id
        self.payload = handed.payload
        self.attempt = handed.attempt
        self._redis = redis
        self._shape = shape
        self._token = token
        self._lease_us = lease_us

    def ack(self) -> bool:
        """It is done. Works at full memory.

        False: the lease had ended, and the job was handed to another or buried. A lease that ended counts as long as
        neither has happened.
        """
        return self._settle("ack", 0) != "lost"

    def retry(self, delay: Duration = 0.0) -> Settled:
        """It is to be tried again after `delay`: `retried`, `buried` after its last attempt, or `lost`."""
        return self._settle("retry", microseconds(delay, "delay"))

    def bury(self) -> Settled:
        """It is given up and kept among the dead: `buried`, or `lost`."""
        return self._settle("bury", 0)

    def extend(self, lease: Duration | None = None) -> bool:
        """Holds it for longer; False: it was handed to another, buried or settled."""
        lease_us = self._lease_us if lease is None else microseconds(lease, "lease")
        call = queue.extend(self._shape, id=self.id, token=self._token, lease_us=lease_us)
        return run(self._redis, call) == "extended"

    def _settle(self, verb: queue.Verb, delay_us: int) -> Settled:
        call = queue.settle(self._shape, id=self.id, token=self._token, verb=verb, delay_us=delay_us)
        return run(self._redis, call)


class ReliableQueue:
    """Jobs, first in first out, each handed out under a lease: a worker that dies loses none.

    At least once: a job whose lease ended is handed out again, and after `tries` attempts it is buried. A job that is
    put off comes when its delay is over. `most` jobs fit, and `graves` dead ones are kept; a queue that nobody touches
    for `ttl` ends.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        lease: Duration = queue.LEASE_US / 1_000_000,
        tries: int = queue.TRIES,
        most: int = queue.MOST,
        graves: int = queue.GRAVES,
        ttl: Duration = queue.TTL_US / 1_000_000,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._lease_us = microseconds(lease, "lease")
        self._shape = queue.Queue(
            name=name, tries=tries, most=most, graves=graves, ttl_us=microseconds(ttl, "ttl"), namespace=namespace
        )

    def push(
        self,
        payload: str | bytes,
        *,
        id: str | None = None,  # noqa: A002
        delay: Duration = 0.0,
    ) -> JobPushed | JobExists | QueueFull:
        """Puts a job at the end, now or when `delay` is over.

        With an `id` a repeat after a lost reply changes nothing, as long as the job is not done.
        """
        who = new_token() if id is None else id
        call = queue.push(self._shape, id=who, payload=payload, delay_us=microseconds(delay, "delay"))
        return run(self._redis, call)

    def pop(self, *, wait: Duration = 0.0) -> QueueJob | QueueEmpty:
        """The next job; for `wait` it asks again while there is none. Works when the server's memory is full."""
        end = clock() + seconds(wait, "wait")
        token = new_token()
        while True:
            handed = run(self._redis, queue.pop(self._shape, token=token, lease_us=self._lease_us))
            if isinstance(handed, Handed):
                return QueueJob(self._redis, self._shape, handed, token, self._lease_us)
            left = end - clock()
            if left <= 0:
                return handed
            soon = handed.retry_after.total_seconds() or _POLL
            _sync.sleep(min(soon, _POLL, left))

    def look(self, *, graves: int = 10) -> QueueState:
        """How many jobs wait, are worked on, are put off, are dead; and the newest of the dead."""
        return run(self._redis, queue.look(self._shape, count=graves))

    def revive(self, *, count: int = 100) -> int:
        """Puts up to `count` dead jobs into the queue again, the oldest first; how many."""
        return (run(self._redis, queue.revive(self._shape, count=count))).jobs
