# Written by scripts/unasync.py from delivery_aio.py: edit that file, then run the script.
"""What a consumer has in hand, for threads: the handlers, what comes of them, and the renewal meanwhile."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from typing import TypeVar

import redis

from .. import _sync
from .._clock import clock
from .._job_sync import Job
from ..errors import Code, Execution, RedisError
from ..runner import run
from ..script import ScriptCall
from . import calls, replies
from .values import StreamMessage, StreamReject, StreamStats

R = TypeVar("R")
# No waiting mends these.
HOPELESS = {Code.ARGUMENT, Code.AUTH, Code.CLOSED, Code.PERMISSION, Code.REPLY, Code.UNSUPPORTED, Code.WRONG_TYPE}
_log = logging.getLogger("redis_patterns")


class Delivery:
    """One message in hand."""

    def __init__(self, message: StreamMessage) -> None:
        self.message = message
        self.renewed_at = clock()
        self.lost = False
        self.job: Job


class Desk:
    """Where messages lie while they are worked on."""

    def __init__(
        self,
        redis: redis.Redis,
        keys: calls.Keys,
        group: str,
        consumer: str,
        stats: StreamStats,
        *,
        idle_us: int,
        backoff_us: int,
        tries: int,
        max_dead_letters: int,
    ) -> None:
        self.idle_us = idle_us
        self.tries = tries
        self.max_dead_letters = max_dead_letters
        self.handler: Callable[[StreamMessage], None] | None = None
        self.held: dict[str, Delivery] = {}
        self.freed = _sync.Bell()
        self.claim_at = clock()
        self._redis = redis
        self._keys = keys
        self._group = group
        self._consumer = consumer
        self._stats = stats
        self._backoff_us = backoff_us
        self._lock = threading.Lock()
        self._closed = _sync.Flag()

    def take(self, got: replies.Claimed) -> None:
        """Begins the work on what was delivered."""
        for message in got.messages:
            self._begin(message, self._handle)
        for message_id, deliveries in got.undecodable:
            self._begin(StreamMessage(message_id, deliveries, {}), self._refuse)

    def close(self) -> None:
        """Nothing is renewed or settled from now on."""
        self._closed.set()

    def _begin(self, message: StreamMessage, work: Callable[[Delivery], None]) -> None:
        if message.id in self.held:
            return  # delivered anew while we work on it; the one in hand is settled by what it was delivered with
        delivery = Delivery(message)
        self.held[message.id] = delivery

        def through() -> None:
            try:
                work(delivery)
            except _sync.Cancelled:
                pass
            except Exception:
                _log.exception("message %s was not settled; it is claimed again", message.id)
            finally:
                self.held.pop(message.id, None)
                self.freed.ring()

        delivery.job = Job(through)

    def _handle(self, delivery: Delivery) -> None:
        message = delivery.message
        assert self.handler is not None
        try:
            _sync.outcome(self.handler, message)
        except StreamReject as error:
            self._bury(delivery, "rejected", str(error))
        except Exception as error:
            _log.info("message %s failed in delivery %d", message.id, message.deliveries, exc_info=error)
            if message.deliveries >= self.tries:
                _log.warning("message %s failed %d times and goes to the dead letters", message.id, message.deliveries)
                self._bury(delivery, "max_deliveries", f"{type(error).__name__}: {error}")
            else:
                self._retry(delivery)
        else:
            if self._settle(delivery, calls.ack(self._keys, **self._receipt(delivery))) == "acked":
                self._count("acked")

    def _refuse(self, delivery: Delivery) -> None:
        self._bury(delivery, "undecodable", "the name of a field is not UTF-8")

    def _bury(self, delivery: Delivery, reason: calls.BuryReason, error: str) -> None:
        call = calls.bury(
            self._keys, **self._receipt(delivery), reason=reason, error=error, length=self.max_dead_letters
        )
        if isinstance(self._settle(delivery, call), replies.Buried):
            self._count("buried")

    def _retry(self, delivery: Delivery) -> None:
        delay_us = self._delay_us(delivery.message.deliveries)
        call = calls.release(self._keys, **self._receipt(delivery), idle_us=self.idle_us, delay_us=delay_us)
        if self._settle(delivery, call) == "released":
            self._count("retried")
            self.claim_at = min(self.claim_at, clock() + delay_us / 1_000_000)

    def _delay_us(self, deliveries: int) -> int:
        most = min(self._backoff_us * 2 ** min(deliveries - 1, 40), self.idle_us)
        return int(most * random.uniform(0.5, 1))

    def _settle(self, delivery: Delivery, call: ScriptCall[R]) -> R | None:
        """Runs the call that ends a delivery, again and again until there is an answer. None when there was none."""
        pause, uncertain = 0.05, False
        while not self._closed.is_set():
            try:
                answer = run(self._redis, call)
            except RedisError as error:
                if error.code in HOPELESS:
                    raise
                uncertain = uncertain or error.execution is not Execution.NOT_EXECUTED
                self._closed.wait(pause * random.uniform(0.5, 1))
                pause = min(pause * 2, 5.0)
                continue
            if answer == "lost" or isinstance(answer, replies.LostDelivery):
                # After an answer that was lost itself, this may well be our own doing.
                if not uncertain and not delivery.lost:
                    self._count("lost")
                return None
            return answer
        return None

    def keep(self) -> None:
        """Keeps what is in hand from being claimed, until the desk is closed."""
        third = self.idle_us / 3_000_000
        while not self._closed.wait(third / 4):
            for delivery in list(self.held.values()):
                if delivery.lost or clock() - delivery.renewed_at < third * 0.75:
                    continue
                try:
                    answer = run(self._redis, calls.renew(self._keys, **self._receipt(delivery)))
                except RedisError:
                    continue
                if answer == "renewed":
                    delivery.renewed_at = clock()
                elif self.held.get(delivery.message.id) is delivery:
                    delivery.lost = True
                    self._count("lost")
                    delivery.job.cancel()

    def _receipt(self, delivery: Delivery) -> calls.Receipt:
        return {
            "group": self._group,
            "consumer": self._consumer,
            "message_id": delivery.message.id,
            "deliveries": delivery.message.deliveries,
        }

    def _count(self, what: str) -> None:
        with self._lock:  # handlers may be threads
            setattr(self._stats, what, getattr(self._stats, what) + 1)
