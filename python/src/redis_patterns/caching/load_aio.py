"""The way to a value that is not cached, for asyncio: acquire, load, fill; or wait for whoever does."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import redis.asyncio

from .. import _aio
from .._clock import clock, deadline, new_token
from ..errors import CacheError, Execution, RedisError
from ..runner import arun
from . import calls, tag_calls
from .codec import Codec, decode, encoded
from .entry import Entry, Tag
from .options import Options
from .tags_aio import Tags
from .values import ABSENT, Absent, Versioned

T = TypeVar("T")

_log = logging.getLogger("redis_patterns")
_MOST_LOAD_US = (2**32 - 1) * 1000


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """What a caller asks for after it found nothing that it may have."""

    key: str
    keys: calls.Keys
    loader: Callable[[], Awaitable[Versioned[T]]]
    tags: tuple[str, ...]
    early_us: int = 0
    """How long before its end a value is renewed."""
    dead_us: int = 0
    """The `fresh_until_us` of an entry that is not good by its tags; 0: there was none."""


def versioned(found: Versioned[T]) -> Versioned[T]:
    """What a loader or a writer gave, if it gave the right thing."""
    if not isinstance(found, Versioned):
        raise CacheError(CacheError.CODEC, f"what was loaded or written is no Versioned, but {type(found).__name__}")
    return found


class Loads(Generic[T]):
    """The loads of one cache in this process: one of a key at a time, and those in the background."""

    def __init__(self, redis: redis.asyncio.Redis, codec: Codec[T], options: Options, tags: Tags) -> None:
        self._redis = redis
        self._codec = codec
        self._options = options
        self._tags = tags
        self._moments = itertools.count()
        self._flights: _aio.Flights[_Loaded[T]] = _aio.Flights()
        self._background = _aio.Background(options.refreshes)

    async def get(self, wanted: Wanted[T], end: float) -> T | Absent | None:
        """What the caller gets; None when it has to look again. `end` is the caller's patience."""
        asked = next(self._moments)
        try:
            loaded, joined = await self._flights.share(wanted.key, lambda: self._load(wanted), end - clock())
        except CacheError as error:
            if error.code == CacheError.WAIT and clock() < end:
                return None  # who joined has waited less than who gave up
            raise
        except _aio.LateError:
            raise self._late() from None
        # What was read before a joiner asked may have been deleted before it asked, unless it was stored.
        return loaded.value if loaded.stored or not joined or asked < loaded.began else None

    def forget(self, key: str) -> None:
        """Who asks from now on does not join a load that began before."""
        self._flights.forget(key)

    async def drain(self, within: float) -> bool:
        return await self._background.drain(within)

    def entry(self, found: Versioned[T], tags: tuple[Tag, ...] = (), load_us: int = 0) -> tuple[Entry, int, int]:
        """What is stored of a value, its life and its grace."""
        options = self._options
        if isinstance(found.value, Absent):
            value = calls.entry(b"", negative=True, version=found.version, load_us=load_us, tags=tags)
            return value, options.negative_ttl_us, 0
        value = calls.entry(
            encoded(self._codec, found.value),
            codec=self._codec.number,
            version=found.version,
            grace_us=options.grace_us,
            load_us=load_us,
            tags=tags,
        )
        return value, options.drawn_ttl_us(), options.grace_us

    def value(self, entry: Entry) -> T | Absent:
        return ABSENT if entry.negative else decode(self._codec, entry.codec, entry.payload)

    async def _load(self, wanted: Wanted[T]) -> _Loaded[T]:
        token = new_token()
        dead_us = wanted.dead_us
        end = clock() + self._options.wait
        serves_stale = self._options.refresh == "background"
        pause = 0.010
        while True:
            match await self._acquire(wanted, token, dead_us):
                case calls.Found(entry):
                    worth = await self._worth(entry)
                    if worth == "good":
                        return _Loaded(self.value(entry))
                    dead_us = entry.fresh_until_us
                    continue
                case calls.Win(Entry() as stale) if serves_stale and self._refresh(wanted, token, stale):
                    return _Loaded(self.value(stale))
                case calls.Win(stale):
                    return await self._load_and_fill(wanted, token, stale)
                case calls.Holdoff(Entry() as stale) if serves_stale:
                    return _Loaded(self.value(stale))
                case calls.Holdoff():
                    began = next(self._moments)
                    return _Loaded(versioned(await _aio.outcome(wanted.loader)).value, began=began)
                case calls.Busy(_, Entry() as stale) | calls.Failed(_, Entry() as stale):
                    return _Loaded(self.value(stale))
                case calls.Failed(retry_after, None):
                    raise CacheError(CacheError.BACKOFF, "the last load failed a moment ago", retry_after)
            left = end - clock()
            if left <= 0:
                raise self._late()
            await _aio.sleep(min(pause * random.uniform(0.5, 1), left))
            pause = min(pause * 1.6, 0.100)

    def _late(self) -> CacheError:
        return CacheError(CacheError.WAIT, "another load did not end within the wait")

    async def _acquire(self, wanted: Wanted[T], token: str, dead_us: int) -> calls.Acquire:
        keys = wanted.keys
        try:
            call = calls.acquire(
                keys, token=token, ttl_us=self._options.lease_us, early_us=wanted.early_us, dead_us=dead_us
            )
            answer = await _aio.complete(lambda: arun(self._redis, call))
        except _aio.Cancelled:
            await _aio.finish(lambda: self._give_back(keys, token), 1.0)
            raise
        except RedisError as error:
            if error.execution is not Execution.NOT_EXECUTED:
                await self._give_back(keys, token)
            raise
        try:
            return await self._readable(answer)
        except BaseException:
            await _aio.finish(lambda: self._give_back(keys, token), 1.0)
            raise

    async def _readable(self, answer: calls.Acquire) -> calls.Acquire:
        # A stale value that cannot be decoded, or that is worth nothing by its tags, is none.
        if isinstance(answer, calls.Found) or answer.entry is None:
            return answer
        try:
            self.value(answer.entry)
        except CacheError:
            return replace(answer, entry=None)
        return replace(answer, entry=None) if await self._worth(answer.entry) == "none" else answer

    async def _worth(self, entry: Entry) -> tag_calls.Worth:
        return tag_calls.worth(entry, await self._tags.complete([entry], {})) if entry.tags else "good"

    def _refresh(self, wanted: Wanted[T], token: str, stale: Entry) -> bool:
        async def refresh() -> None:
            try:
                await self._load_and_fill(wanted, token, stale)
            except Exception:  # nobody waits for it: the next caller tries again
                _log.warning("a refresh failed", exc_info=True)

        return self._background.start(refresh)

    async def _load_and_fill(self, wanted: Wanted[T], token: str, stale: Entry | None) -> _Loaded[T]:
        keys = wanted.keys
        try:
            # Before the load: a tag that is invalidated while it runs has other epochs then.
            tags = await self._tags.open(wanted.tags, self._options.tag_life_us)
        except BaseException:
            await _aio.finish(lambda: self._give_back(keys, token), 1.0)
            raise
        started = clock()
        lease = self._options.lease_us / 1_000_000
        keeper = _aio.Keeper(
            lambda: self._renew(keys, token),
            lambda: None,  # the fill will say that it is lost; the load goes on for its caller
            deadline=deadline(started, lease),
            period=lease / 3,
            retry=lease / 10,
        )
        began = next(self._moments)
        try:
            found = versioned(await _aio.outcome(wanted.loader))
        except Exception:
            await keeper.stop()
            await self._give_back(keys, token, self._options.backoff_us)
            if stale is None:
                raise
            _log.warning("a load failed, the stale value is served", exc_info=True)
            return _Loaded(self.value(stale))
        except BaseException:
            await keeper.stop()
            await _aio.finish(lambda: self._give_back(keys, token), 1.0)
            raise
        await keeper.stop()
        stored = await self._fill(keys, token, found, tags, clock() - started)
        # What was stored may have been voided by a tag all the same, before somebody else asked.
        return _Loaded(found.value, began=began, stored=stored and not tags)

    async def _fill(
        self, keys: calls.Keys, token: str, found: Versioned[T], tags: tuple[Tag, ...], took: float
    ) -> bool:
        # Whether the value was stored. The caller has it either way.
        try:
            value, ttl_us, grace_us = self.entry(found, tags, min(round(took * 1_000_000), _MOST_LOAD_US))
            call = calls.fill(keys, token=token, value=value, ttl_us=ttl_us, grace_us=grace_us)
        except BaseException:
            await self._give_back(keys, token)
            raise
        try:
            return await arun(self._redis, call) == "stored"
        except RedisError as error:
            _log.warning("a loaded value was not cached: %s", error)
            await self._give_back(keys, token)
            return False

    async def _renew(self, keys: calls.Keys, token: str) -> float | None:
        sent = clock()
        if await arun(self._redis, calls.renew(keys, token=token, ttl_us=self._options.lease_us)) == "lost":
            return None
        return deadline(sent, self._options.lease_us / 1_000_000)

    async def _give_back(self, keys: calls.Keys, token: str, backoff_us: int = 0) -> None:
        try:
            await arun(self._redis, calls.release(keys, token=token, backoff_us=backoff_us))
        except RedisError as error:
            _log.warning("a lease was not given back and will run out: %s", error)


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[T]):
    value: T | Absent
    began: int = -1
    """The moment before the source was asked; -1: it was not."""
    stored: bool = False
