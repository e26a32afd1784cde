# Written by scripts/unasync.py from counter_aio.py: edit that file, then run the script.
"""A counter for threads."""

from __future__ import annotations

import redis

from .._arguments import LARGEST, Duration, microseconds
from ..runner import check, run
from ..script import ScriptCall
from . import counter
from .counter import Counted, CounterRefused, Life


class SharedCounter:
    """A number that many add to, with an end and with bounds.

    It ends `ttl` after its first addition, or after its latest one with `life="last"`; then it is 0 again. Value and
    end are written in one step, so no crash leaves a counter that never ends. A sum outside `least` and `most` is
    refused.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        ttl: Duration,
        life: Life = "first",
        least: int = -LARGEST,
        most: int = LARGEST,
        replay: Duration = 60.0,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._life: Life = life
        self._least = least
        self._most = most
        self._replay_us = microseconds(replay, "replay")
        self._namespace = namespace
        self._add(0, None)  # checks all

    def add(self, delta: int = 1, *, request: str | None = None) -> Counted | CounterRefused:
        """Adds, also a negative number. With a `request` id a repeat adds nothing and answers what the first did.

        Raises `RedisError`; `unknown` means that it may have been added, and only a request id makes a repeat safe.
        """
        return run(self._redis, self._add(delta, request))

    def value(self) -> int:
        """The number now; 0 when nothing was counted, or it has ended."""
        return (self.add(0)).value

    def clear(self) -> int:
        """Ends the counter and says what it had counted. Works when the server's memory is full."""
        return (run(self._redis, counter.clear(self._name, namespace=self._namespace))).value

    def _add(self, delta: int, request: str | None) -> ScriptCall[Counted | CounterRefused]:
        return counter.add(
            self._name,
            delta=delta,
            least=self._least,
            most=self._most,
            life=self._life,
            ttl_us=self._ttl_us,
            request=request,
            replay_us=self._replay_us,
            namespace=self._namespace,
        )
