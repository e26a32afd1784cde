# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""A cache for threads."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import redis

from .. import _sync
from .._arguments import Duration, microseconds
from .._clock import clock, deadline, new_token
from ..errors import CacheError, Execution, RedisError, argument_error
from ..runner import check, read, run
from . import calls
from .codec import ANY_BYTES, Codec, decode
from .entry import Entry
from .life import drawn_ttl_us
from .values import ABSENT, Absent, Hit, Miss, Negative

T = TypeVar("T")

_log = logging.getLogger("redis_patterns")
_MOST_LOAD_US = (2**32 - 1) * 1000


class Cache(Generic[T]):
    """Cache-aside with leases: one loader per process and per fleet, and a delete always wins.

    `ttl`: how long a value is fresh, `jitter` (0 to 0.5) of it more or less, drawn at each fill. `grace`: how long
    it is then served stale while somebody loads, or when loading fails. `negative_ttl`: how long "nothing there" is
    kept. `lease`: how long a loader that died is waited for; a live one renews. `backoff`: how long nobody asks the
    source again after a failed load. `wait`: how long to wait for another's load. Durations: timedeltas or seconds.
    """

    def __init__(
        self,
        redis: redis.Redis,
        *,
        codec: Codec[T] = ANY_BYTES,
        namespace: str | None = None,
        ttl: Duration = 60.0,
        grace: Duration = 0.0,
        jitter: float = 0.1,
        negative_ttl: Duration = 10.0,
        lease: Duration = 10.0,
        backoff: Duration = 1.0,
        wait: Duration = 10.0,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        if not 0 <= jitter <= 0.5:
            raise argument_error("jitter must be 0 to 0.5")
        self._redis = redis
        self._codec = codec
        self._namespace = namespace
        self._ttl_us = microseconds(ttl, "ttl")
        self._grace_us = microseconds(grace, "grace")
        self._jitter = jitter
        self._negative_ttl_us = microseconds(negative_ttl, "negative_ttl")
        self._lease_us = microseconds(lease, "lease")
        self._backoff_us = microseconds(backoff, "backoff")
        self._wait = microseconds(wait, "wait") / 1_000_000
        self._moments = itertools.count()
        self._flights: _sync.Flights[_Loaded[T]] = _sync.Flights()

    def get(self, key: str) -> Hit[T] | Negative | Miss:
        """What is cached and fresh, in one round trip; never loads."""
        entry = self._fresh(self._keys(key))
        if entry is None:
            return Miss()
        value = self._value(entry)
        return Negative() if isinstance(value, Absent) else Hit(value)

    def get_or_load(self, key: str, loader: Callable[[], T | Absent]) -> T | Absent:
        """The cached value, or what `loader` returns, which is then cached. `ABSENT`: the source has nothing.

        Raises what the loader raises, and `CacheError`: `CACHEBACKOFF` (a load failed a moment ago), `CACHEWAIT`
        (somebody else's load takes too long), `CACHECODEC`.
        """
        keys = self._keys(key)
        end = clock() + self._wait
        while True:
            asked = next(self._moments)
            entry = self._fresh(keys)
            if entry is not None:
                return self._value(entry)
            try:
                loaded, joined = self._flights.share(key, lambda: self._load(keys, loader), end - clock())
            except CacheError as error:
                if error.code == CacheError.WAIT and clock() < end:
                    continue  # who joined has waited less than who gave up
                raise
            except _sync.LateError:
                raise self._late() from None
            # What was read before a joiner asked may have been deleted before it asked, unless it was stored.
            if loaded.stored or not joined or asked < loaded.began:
                return loaded.value

    def delete(self, key: str, *, holdoff: Duration = 0.0) -> bool:
        """Forgets the value and voids every load under way. Whether there was one. Call it after the source committed.

        `holdoff`: loads that begin within it are returned but not cached, for sources read from a lagging replica.
        """
        self._flights.forget(key)
        call = calls.delete(self._keys(key), holdoff_us=microseconds(holdoff, "holdoff"))
        return run(self._redis, call) > 0

    def _keys(self, key: str) -> calls.Keys:
        return calls.Keys.of(key, namespace=self._namespace)

    def _fresh(self, keys: calls.Keys) -> Entry | None:
        pttl_ms, stored = read(self._redis, calls.reading(keys))
        return calls.fresh(pttl_ms, stored)

    def _value(self, entry: Entry) -> T | Absent:
        return ABSENT if entry.negative else decode(self._codec, entry.codec, entry.payload)

    def _load(self, keys: calls.Keys, loader: Callable[[], T | Absent]) -> _Loaded[T]:
        token = new_token()
        end = clock() + self._wait
        pause = 0.010
        while True:
            match self._acquire(keys, token):
                case calls.Found(entry):
                    return _Loaded(self._value(entry))
                case calls.Win(stale):
                    return self._load_and_fill(keys, token, stale, loader)
                case calls.Holdoff():
                    began = next(self._moments)
                    return _Loaded(loader(), began=began)
                case calls.Busy(_, Entry() as stale) | calls.Failed(_, Entry() as stale):
                    return _Loaded(self._value(stale))
                case calls.Failed(retry_after, None):
                    raise CacheError(CacheError.BACKOFF, "the last load failed a moment ago", retry_after)
            left = end - clock()
            if left <= 0:
                raise self._late()
            _sync.sleep(min(pause * random.uniform(0.5, 1), left))
            pause = min(pause * 1.6, 0.100)

    def _late(self) -> CacheError:
        return CacheError(CacheError.WAIT, "another load did not end within the wait")

    def _acquire(self, keys: calls.Keys, token: str) -> calls.Acquire:
        try:
            call = calls.acquire(keys, token=token, ttl_us=self._lease_us)
            return _sync.complete(lambda: run(self._redis, call))
        except _sync.Cancelled:
            _sync.finish(lambda: self._give_back(keys, token), 1.0)
            raise
        except RedisError as error:
            if error.execution is not Execution.NOT_EXECUTED:
                self._give_back(keys, token)
            raise

    def _load_and_fill(
        self, keys: calls.Keys, token: str, stale: Entry | None, loader: Callable[[], T | Absent]
    ) -> _Loaded[T]:
        started = clock()
        lease = self._lease_us / 1_000_000
        keeper = _sync.Keeper(
            lambda: self._renew(keys, token),
            lambda: None,  # the fill will say that it is lost; the load goes on for its caller
            deadline=deadline(started, lease),
            period=lease / 3,
            retry=lease / 10,
        )
        began = next(self._moments)
        try:
            value = loader()
        except Exception:
            keeper.stop()
            self._give_back(keys, token, self._backoff_us)
            if stale is None:
                raise
            _log.warning("a load failed, the stale value is served", exc_info=True)
            return _Loaded(self._value(stale))
        except BaseException:
            keeper.stop()
            _sync.finish(lambda: self._give_back(keys, token), 1.0)
            raise
        keeper.stop()
        return _Loaded(value, began=began, stored=self._fill(keys, token, value, clock() - started))

    def _fill(self, keys: calls.Keys, token: str, value: T | Absent, took: float) -> bool:
        # Whether the value was stored. The caller has it either way.
        load_us = min(round(took * 1_000_000), _MOST_LOAD_US)
        try:
            if isinstance(value, Absent):
                call = calls.fill(
                    keys, token=token, payload=b"", negative=True, ttl_us=self._negative_ttl_us, load_us=load_us
                )
            else:
                call = calls.fill(
                    keys,
                    token=token,
                    payload=self._codec.encode(value),
                    codec=self._codec.number,
                    ttl_us=drawn_ttl_us(self._ttl_us, self._jitter),
                    grace_us=self._grace_us,
                    load_us=load_us,
                )
        except BaseException:
            self._give_back(keys, token)
            raise
        try:
            return run(self._redis, call) == "stored"
        except RedisError as error:
            _log.warning("a loaded value was not cached: %s", error)
            self._give_back(keys, token)
            return False

    def _renew(self, keys: calls.Keys, token: str) -> float | None:
        sent = clock()
        if run(self._redis, calls.renew(keys, token=token, ttl_us=self._lease_us)) == "lost":
            return None
        return deadline(sent, self._lease_us / 1_000_000)

    def _give_back(self, keys: calls.Keys, token: str, backoff_us: int = 0) -> None:
        try:
            run(self._redis, calls.release(keys, token=token, backoff_us=backoff_us))
        except RedisError as error:
            _log.warning("a lease was not given back and will run out: %s", error)


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[T]):
    value: T | Absent
    began: int = -1
    """The moment before the source was asked; -1: it was not."""
    stored: bool = False
