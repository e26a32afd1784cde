# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""A stream for threads: what producers and operators need. Consumers stand in `consumer_sync`."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..runner import check, run, send
from . import calls, replies
from .values import DeadLetter, Fields, StreamAdded, StreamLag


class MessageStream:
    """A log of messages that groups of consumers work through.

    `max_length`: about how many messages stay; None: all. `keep`: how long messages stay; None: for ever. Both cut off
    what is oldest with each append, whether it was handled or not. `replay`: how long a repeat of a request id is
    recognised. Durations are timedeltas or seconds.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        max_length: int | None = 1_000_000,
        keep: Duration | None = None,
        replay: Duration = 86_400.0,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._length = 0 if max_length is None else max_length
        self._keep_us = 0 if keep is None else microseconds(keep, "keep")
        self._replay_us = microseconds(replay, "replay")
        calls.add(self._keys, {"x": b""}, length=self._length, keep_us=self._keep_us, replay_us=self._replay_us)

    def add(self, fields: Fields, *, request: str | None = None) -> StreamAdded:
        """Appends a message, and says under which id it stands.

        With a `request` id it is safe to repeat: a repeat, in either language, gives the id of the first. Without one,
        a repeat after a lost answer may append twice. Raises `RedisError`; `OOM` when the server refuses to grow.
        """
        return run(
            self._redis,
            calls.add(
                self._keys,
                fields,
                length=self._length,
                keep_us=self._keep_us,
                request=request,
                replay_us=self._replay_us,
            ),
        )

    def lag(self, group: str, *, most: int = 1000) -> StreamLag | None:
        """How far a group is behind, counted up to `most`; None where there is no such group."""
        lag = run(self._redis, calls.lag(self._keys, group=group, most=most))
        return None if isinstance(lag, replies.UnknownLag) else lag

    def dead_letters(self, *, after: str | None = None, count: int = 100) -> list[DeadLetter]:
        """What was given up, oldest first; `after`: the id of the last letter of the page before."""
        return replies.read_letters(send(self._redis, calls.letters(self._keys, after=after, count=count)))

    def revive(self, letter: str) -> str | None:
        """Puts a dead letter back as a new message, for every group; its new id.

        None where there is no such letter, or one without content because its message was trimmed.
        """
        revived = run(self._redis, calls.revive(self._keys, dead_id=letter))
        return revived.id if isinstance(revived, replies.Revived) else None
