# Written by scripts/unasync.py from log_aio.py: edit that file, then run the script.
"""An event log for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..errors import reply_error
from ..runner import check, read, run
from . import log
from .log import EventAppended, LogEvent


class EventLog:
    """Events in order, for readers that keep their own place: those of the last `keep`, at most `most`.

    Every reader sees every event. For work that is to be shared out and acknowledged, use a consumer group.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        keep: Duration,
        most: int = log.MOST,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._keep_us = microseconds(keep, "keep")
        self._most = most
        self._namespace = namespace
        log.append(name, kind="x", keep_us=self._keep_us, most=most, namespace=namespace)  # checks all

    def append(self, kind: str, payload: str | bytes = b"") -> EventAppended:
        """Writes an event at the end. Repeating after a lost reply may write it twice."""
        call = log.append(
            self._name,
            kind=kind,
            payload=payload,
            keep_us=self._keep_us,
            most=self._most,
            namespace=self._namespace,
        )
        return run(self._redis, call)

    def read(self, *, after: str | None = None, count: int = 100) -> tuple[LogEvent, ...]:
        """Up to `count` (1 to 1000) events after the one with this id, or from the oldest on."""
        command = log.reading(self._name, after=after, count=count, namespace=self._namespace)
        (found,) = read(self._redis, [command])
        try:
            return log.events(found)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            raise reply_error("XRANGE", found) from None
