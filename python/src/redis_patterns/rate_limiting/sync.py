# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""Rate limits for threads."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from .._arguments import Duration, microseconds
from ..runner import check, run
from . import calls
from .calls import Decision, Refund
from .limit import Limit, several


class RateLimiter:
    """A limit per id: up to eight tiers, charged together or not at all, by the server's clock.

    `limit` says how much and by which algorithm: one tier, or several token buckets, or several windows. `replay` is
    how long a request id is remembered. A failure of the store is raised as `RedisError` and never shown as a denial.
    """

    def __init__(
        self,
        redis: redis.Redis,
        limit: Limit | Sequence[Limit],
        *,
        namespace: str | None = None,
        replay: Duration = 60.0,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._tiers = several(limit)
        self._namespace = namespace
        self._replay_us = microseconds(replay, "replay")
        calls.peek("x", self._tiers, replay_us=self._replay_us, namespace=namespace)  # checks all

    @property
    def tiers(self) -> tuple[Limit, ...]:
        """What is allowed, in the order in which decisions list it."""
        return self._tiers

    def take(self, id: str, *, cost: int = 1, request: str | None = None) -> Decision:  # noqa: A002
        """Charges `cost` units to every tier, or to none.

        With a `request` id a repeat answers what the first call answered, and `refund` can give the units back. Raises
        `RedisError`; `ARGUMENT`, and nothing is written, when the first call was about another number of tiers.
        """
        call = calls.take(
            id, self._tiers, cost=cost, request=request, replay_us=self._replay_us, namespace=self._namespace
        )
        return run(self._redis, call)

    def peek(self, id: str, *, cost: int = 1) -> Decision:  # noqa: A002
        """What `take` would answer now; charges nothing. A cost of 0 asks for the state only."""
        return run(self._redis, calls.peek(id, self._tiers, cost=cost, namespace=self._namespace))

    def refund(self, id: str, request: str) -> Refund:  # noqa: A002
        """Gives back what one request was charged, once."""
        return run(self._redis, calls.refund(id, self._tiers, request=request, namespace=self._namespace))
