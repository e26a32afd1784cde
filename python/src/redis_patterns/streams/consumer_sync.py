# Written by scripts/unasync.py from consumer_aio.py: edit that file, then run the script.
"""A consumer of a stream, for threads."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable

import redis

from .. import _sync
from .._arguments import Duration, microseconds, seconds, token, whole
from .._clock import clock, new_token
from .._job_sync import Job
from ..errors import RedisError, argument_error
from ..runner import check, dedicated, run, send
from ..script import ScriptCall
from . import calls, replies
from .delivery_sync import HOPELESS, Delivery, Desk
from .values import StreamMessage, StreamStats

_log = logging.getLogger("redis_patterns")
_PAGES = 16
_FAREWELL = 10.0


class StreamConsumer:
    """Works through a stream as one of a group: every message at least once, by one consumer at a time.

    `name`: of this consumer; no two living ones may share it. One that stays the same over restarts gets what it left
    behind at once; None draws one. Redis knows it as `<name>:<life>`, with a life drawn anew each time, so that what a
    former life still sends never means a delivery of this one. `start`: where a new group begins, `0` (all) or `$`
    (what comes). `heal`: where it begins when the group vanished under us. `concurrency`: messages in hand at a time.
    `max_deliveries`: after so many a message goes to the dead letters. `idle`: how long a message of a consumer that
    died lies before another takes it; all of a group must use the same. `backoff`: before the second try; it doubles,
    up to `idle`. `wait`: how long a read waits for messages, so a retry may come that much late. `grace`: how long a
    stop waits for handlers; then it gives back what is left, for ten seconds at most. `max_dead_letters`: about how
    many stay. Durations are timedeltas or seconds.
    """

    def __init__(
        self,
        redis: redis.Redis,
        stream: str,
        group: str,
        *,
        name: str | None = None,
        start: str = "0",
        heal: str = "0",
        concurrency: int = 10,
        max_deliveries: int = 5,
        idle: Duration = 60.0,
        backoff: Duration = 1.0,
        wait: Duration = 1.0,
        grace: Duration = 25.0,
        max_dead_letters: int = 10_000,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self.name = f"c-{new_token()}" if name is None else name
        self._seat = f"{token(self.name, 'name').decode()}:{new_token()}"
        self._redis = redis
        self._start, self._heal = start, heal
        self._wait_ms = whole(microseconds(wait, "wait"), "wait", 1000, 60_000_000) // 1000
        self._grace = whole(microseconds(grace, "grace"), "grace", 0) / 1_000_000
        self._concurrency = whole(concurrency, "concurrency", 1, calls.MOST_HELD)
        self._keys = calls.Keys.of(stream, namespace=namespace)
        self._group = group
        self._stats = StreamStats()
        self._desk = Desk(
            redis,
            self._keys,
            group,
            self._seat,
            self._stats,
            idle_us=microseconds(idle, "idle"),
            backoff_us=whole(microseconds(backoff, "backoff"), "backoff", 0),
            tries=max_deliveries,
            max_dead_letters=max_dead_letters,
        )
        self._idle = seconds(idle, "idle")
        self._stopping = _sync.Flag()
        self._running = False
        self._cursor = replies.BEGIN
        self._unseen = True
        self._former: list[str] = []
        self._claim(whose="own", count=1)  # checks group and numbers
        for place in (start, heal):
            calls.open_group(self._keys, group=group, consumer=self._seat, start=place)

    @property
    def stats(self) -> StreamStats:
        """What happened so far. A consumer that works reads at least every `wait`, or has its hands full."""
        return self._stats

    def stop(self) -> None:
        """Lets `run` end: no more is taken, what is in hand is finished, the rest is given back.

        A signal handler may call it; beside an event loop, one that was set by `loop.add_signal_handler`.
        """
        self._stopping.set()
        self._desk.freed.ring()

    def run(self, handler: Callable[[StreamMessage], None]) -> None:
        """Hands every message to the handler until `stop`, and heals by itself whatever waiting can heal.

        A handler that returns ends its message; one that raises gets it again after a back-off, and `StreamReject`
        gives it up. While it works the message is kept from others; if it was lost nevertheless, the handler is
        cancelled where that can be done. Cancelling `run` stops as `stop` does, then raises.

        Raises `RedisError` for what no waiting mends: a wrong password, a right that lacks, a key of another type.
        """
        _sync.callback(handler, "handler")
        if self._running or self._stopping.is_set():
            raise argument_error("a consumer runs once")
        self._running = True
        self._desk.handler = handler
        reader = dedicated(self._redis, self._wait_ms / 1000 + 5)
        keeper = Job(self._desk.keep)
        try:
            self._work(reader)
        finally:
            self._stopping.set()
            _sync.finish(lambda: self._end(reader, keeper), self._grace + 20)

    def _work(self, reader: redis.Redis) -> None:
        place: str | None = self._start
        pause = 0.0
        while not self._stopping.is_set():
            try:
                if place is not None:
                    self._former = list((run(self._redis, self._open(place))).former)
                    place = None
                if self._turn(reader):
                    pause = 0.0
                    continue
            except RedisError as error:
                if error.code in HOPELESS:
                    raise
                if not _gone(error):
                    self._stats.reconnects += 1
                    self._unseen = True
                    pause = min(pause * 2 or 0.05, 5.0)
                    _log.warning("consumer %s of %s: %s", self.name, self._group, error)
                    self._drop(reader)
                    self._stopping.wait(pause * random.uniform(0.5, 1))
                    continue
            self._stats.healed += 1
            self._cursor, place = replies.BEGIN, self._heal
            _log.warning("consumer %s: the group %s is gone and made anew", self.name, self._group)
            self._stopping.wait(random.uniform(0.01, 0.05))

    def _turn(self, reader: redis.Redis) -> bool:
        """Once around: what is ours and unseen, what others left, what is new. False when the group is gone."""
        if not self._take_own() or (clock() >= self._desk.claim_at and not self._take_left()):
            return False
        free = self._free
        if free == 0:
            self._desk.freed.wait(1.0)
            return True
        left_ms = int((self._desk.claim_at - clock()) * 1000)
        command = calls.read(
            self._keys,
            group=self._group,
            consumer=self._seat,
            count=min(free, calls.MOST_AT_ONCE),
            block_ms=max(1, min(self._wait_ms, left_ms)),
        )
        got = replies.read_messages(send(reader, command))
        self._stats.last_read = clock()
        self._stats.received += len(got.messages)
        self._desk.take(got)
        return True

    def _take_own(self) -> bool:
        """What is ours and was never seen: first what former lives left. False when the group is gone."""
        while self._unseen and self._free > 0:
            cursor = self._take("own", replies.BEGIN, self._former[0] if self._former else None)
            if cursor != replies.BEGIN:
                return cursor is not None  # the rest when a hand is free
            if self._former:
                self._former.pop(0)
            else:
                self._unseen = False
        return True

    def _take_left(self) -> bool:
        """What others left. False when the group is gone."""
        if self._free == 0:
            return True
        cursor = self._take("anyone", self._cursor)
        if cursor is None:
            return False
        self._cursor = cursor
        if self._free > 0 or cursor == replies.BEGIN:
            self._desk.claim_at = clock() + min(self._idle / 2, 5.0) * random.uniform(0.8, 1)
        return True

    def _take(self, whose: calls.Whose, cursor: str, of: str | None = None) -> str | None:
        """Follows the cursor until it comes round, or no hand is free; where it stands. None: the group is gone."""
        for _ in range(_PAGES):
            free = self._free
            if free == 0:
                break
            claim = self._claim(whose=whose, of=of, cursor=cursor, count=min(free, calls.MOST_AT_ONCE))
            got = run(self._redis, claim)
            if isinstance(got, replies.NoGroup):
                return None
            cursor = got.cursor
            self._stats.claimed += len(got.messages)
            self._stats.buried += got.buried
            self._stats.trimmed += got.trimmed
            self._desk.take(got)
            if cursor == replies.BEGIN:
                break
        return cursor

    @property
    def _free(self) -> int:
        return max(self._concurrency - len(self._desk.held), 0)

    def _open(self, start: str) -> ScriptCall[replies.Opened]:
        return calls.open_group(self._keys, group=self._group, consumer=self._seat, start=start)

    def _claim(
        self, *, whose: calls.Whose, count: int, cursor: str = replies.BEGIN, of: str | None = None
    ) -> ScriptCall[replies.Claimed | replies.NoGroup]:
        return calls.claim(
            self._keys,
            group=self._group,
            consumer=self._seat,
            whose=whose,
            of=of,
            cursor=cursor,
            idle_us=self._desk.idle_us,
            count=count,
            tries=self._desk.tries,
            length=self._desk.max_dead_letters,
            held=list(self._desk.held),
        )

    def _drop(self, reader: redis.Redis) -> None:
        """Ends the reading connection; the next read makes a new one, perhaps to a new primary."""
        if reader is not self._redis:
            with contextlib.suppress(Exception):
                reader.connection_pool.disconnect()

    def _end(self, reader: redis.Redis, keeper: Job) -> None:
        """Finishes what is in hand, for `grace` at most, and gives back the rest."""
        end = clock() + self._grace
        held: list[Delivery] = list(self._desk.held.values())
        for delivery in held:
            if not delivery.job.join(end - clock()):
                delivery.job.cancel()
        self._desk.close()
        self._drop(reader)
        self._leave()
        keeper.join(1.0)

    def _leave(self) -> None:
        """Gives back what is left, until the script says that nothing is, or the time for it is over.

        Sending it again after an unknown outcome is safe: only this life has the seat, and takes nothing any more.
        """
        leave = calls.leave(self._keys, group=self._group, consumer=self._seat, idle_us=self._desk.idle_us)
        end = clock() + _FAREWELL
        while clock() < end:
            try:
                left = run(self._redis, leave)
            except RedisError as error:
                if error.code in HOPELESS:
                    break
                _sync.sleep(0.2)
                continue
            self._stats.released += left.released
            if not left.more:
                return
        _log.warning("consumer %s could not give back all; others claim it when it has lain", self.name)


def _gone(error: RedisError) -> bool:
    """Whether the stream or the group was deleted, also under a read that waited."""
    return error.server_code == "NOGROUP" or (error.server_code == "UNBLOCKED" and "no longer exists" in error.message)
