# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""A cache for threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import redis

from .. import _sync
from .._arguments import Duration, microseconds, seconds, texts
from .._clock import clock
from .._codecs import check as check_codec
from ..errors import Code, RedisError
from ..keys import part
from ..runner import check, read, run
from . import calls, tag_calls
from .codec import ANY_BYTES, Codec
from .entry import Entry, Tag
from .load_sync import Loads, Wanted, versioned
from .options import Options, Refresh
from .tags_sync import Tags
from .values import Absent, Hit, Miss, Negative, Versioned

T = TypeVar("T")


class Cache(Generic[T]):
    """Cache-aside with leases: one loader per process and per fleet, and a delete always wins.

    `ttl`: how long a value is fresh, `jitter` (0 to 0.5) of it more or less, drawn at each fill. `grace`: how long
    it is then served stale while somebody loads, or when loading fails. `negative_ttl`: how long "nothing there" is
    kept. `lease`: how long a loader that died is waited for; a live one renews. `backoff`: how long nobody asks the
    source again after a failed load. `wait`: how long to wait for another's load. Durations: timedeltas or seconds.

    `refresh`: "foreground", who finds a stale value first loads and waits for it; or "background", it gets the stale
    value too and loads by the side, `refreshes` keys at a time at most (above that in the foreground). `early`, for
    the background: the last part of the `ttl` (0 to 0.5) in which a fresh value may be renewed already, the sooner the
    longer its load takes.
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
        refresh: Refresh = "foreground",
        early: float = 0.0,
        refreshes: int = 16,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        check_codec(codec)
        if namespace is not None:
            part(namespace, "namespace")
        self._redis = redis
        self._namespace = namespace
        self._options = Options.of(
            ttl=ttl,
            grace=grace,
            jitter=jitter,
            negative_ttl=negative_ttl,
            lease=lease,
            backoff=backoff,
            wait=wait,
            refresh=refresh,
            early=early,
            refreshes=refreshes,
        )
        self._tags = Tags(redis, namespace)
        self._loads = Loads(redis, codec, self._options, self._tags)

    def get(self, key: str, *, tags: Iterable[str] = ()) -> Hit[T] | Negative | Miss:
        """What is cached and fresh, in one round trip; never loads. Raises `CacheError` (`CACHECODEC`).

        `tags`: those that the value is thought to carry; one that is not named costs another round trip.
        """
        return (self.get_many([key], tags=tags))[key]

    def get_many(self, keys: Iterable[str], *, tags: Iterable[str] = ()) -> dict[str, Hit[T] | Negative | Miss]:
        """What is cached and fresh under each key, all in one round trip; never loads. `tags` as for `get`.

        Raises `CacheError` (`CACHECODEC`) when one of them cannot be decoded.
        """
        names = {key: self._keys(key) for key in texts(keys, "keys")}
        looks = self._look(list(names.values()), texts(tags, "tags"))
        return {key: self._found(entry) if good else Miss() for key, (entry, good, _) in zip(names, looks, strict=True)}

    def get_or_load(self, key: str, loader: Callable[[], T | Absent], *, tags: Iterable[str] = ()) -> T | Absent:
        """The cached value, or what `loader` returns, which is then cached. `ABSENT`: the source has nothing.

        `tags`, 16 at most: to invalidate the value together with others, by `delete_tag` and `mark_tag_stale`.
        Raises what the loader raises, and `CacheError`: `CACHEBACKOFF` (a load failed a moment ago), `CACHEWAIT`
        (somebody else's load takes too long), `CACHECODEC`.
        """

        _sync.callback(loader, "loader")

        def unversioned() -> Versioned[T]:
            return Versioned(_sync.outcome(loader))

        return self.get_or_load_versioned(key, unversioned, tags=tags)

    def get_or_load_versioned(
        self, key: str, loader: Callable[[], Versioned[T]], *, tags: Iterable[str] = ()
    ) -> T | Absent:
        """As `get_or_load`, for a source whose rows have versions: an older one is returned, but never cached."""
        _sync.callback(loader, "loader")
        keys, names = self._keys(key), self._tags.named(tags)
        end = clock() + self._options.wait
        while True:
            ((entry, good, left_us),) = self._look((keys,), names)
            early_us = dead_us = 0
            if entry is not None and good:
                early_us = self._options.drawn_early_us(entry.load_ms)
                if left_us > early_us:
                    return self._loads.value(entry)
            elif entry is not None:
                dead_us = entry.fresh_until_us
            found = self._loads.get(Wanted(key, keys, loader, names, early_us, dead_us), end)
            if found is not None:
                return found

    def put(self, key: str, value: T | Absent, *, version: int = 0, tags: Iterable[str] = ()) -> bool:
        """Caches what was written to the source. False: a newer version is cached, and stays.

        Call it after the source has committed. Voids every load under way. Without versions the put that arrives last
        wins, which is not always the newest. When the server's memory is full, the entry goes instead, and the error
        (`OOM`) is raised. `tags`: as they are now; what was invalidated since the commit is not seen: `write_through`
        sees it. One more round trip if there are any.
        """
        names = self._tags.named(tags)
        if names:
            self._keys(key), self._loads.entry(Versioned(value, version))  # checks both before a tag is opened
        opened = self._tags.open(names, self._options.tag_life_us)
        return self._put(key, Versioned(value, version), opened)

    def _put(self, key: str, written: Versioned[T], tags: tuple[Tag, ...]) -> bool:
        keys = self._keys(key)
        self._loads.forget(key)
        entry, ttl_us, grace_us = self._loads.entry(written, tags)
        try:
            return run(self._redis, calls.put(keys, value=entry, ttl_us=ttl_us, grace_us=grace_us)) == "stored"
        except RedisError as error:
            if error.code is Code.OUT_OF_MEMORY:
                run(self._redis, calls.delete(keys))
            raise

    def write_through(self, key: str, writer: Callable[[], Versioned[T]], *, tags: Iterable[str] = ()) -> T | Absent:
        """Runs `writer`, which commits to the source and returns what stands there now, and caches that.

        The entry goes before, and what is loaded meanwhile is not cached for as long as the lease: whoever dies, and
        wherever, nothing old stays. Two round trips, three with `tags`. What `writer` raises is raised, and the entry
        is gone. If the store fails after the commit, its error is raised although the source has the new value.
        """
        _sync.callback(writer, "writer")
        names = self._tags.named(tags)
        call = calls.delete(self._keys(key), holdoff_us=self._options.lease_us)
        self._loads.forget(key)
        run(self._redis, call)
        opened = self._tags.open(names, self._options.tag_life_us)
        written = versioned(_sync.outcome(writer))
        self._put(key, written, opened)
        return written.value

    def delete(self, key: str, *, holdoff: Duration = 0.0, version: int | None = None, keep: Duration = 60.0) -> bool:
        """Forgets the value and voids every load under way. Whether there was one. Call it after the source committed.

        `holdoff`: loads that begin within it are returned but not cached, for sources read from a lagging replica.
        `version` (from 1 on): an entry that is newer stays (False), and what is older cannot be cached for `keep`.
        """
        call = calls.delete(
            self._keys(key),
            holdoff_us=microseconds(holdoff, "holdoff"),
            version=version,
            keep_us=microseconds(keep, "keep"),
        )
        self._loads.forget(key)
        return run(self._redis, call) == calls.Deleted(1)

    def mark_stale(self, key: str, *, holdoff: Duration = 0.0) -> bool:
        """The soft delete: the value is stale from now on, and voids every load under way. Whether it was fresh.

        It is served for its grace at most, which begins now, while somebody loads or when loading fails. `holdoff` as
        for `delete`.
        """
        call = calls.mark_stale(self._keys(key), holdoff_us=microseconds(holdoff, "holdoff"))
        self._loads.forget(key)
        return (run(self._redis, call)).entries > 0

    def delete_tag(self, tag: str) -> bool:
        """Forgets every value that carries the tag, however many, by one command on one key; whether there were any.

        Also what is being loaded for one: it is returned, and worth nothing in the cache. Call it after the commit.
        """
        return self._tags.delete(tag)

    def mark_tag_stale(self, tag: str) -> bool:
        """The soft form: every value that carries the tag is stale from now on, to be served while somebody loads."""
        return self._tags.mark_stale(tag)

    def drain(self, within: Duration = 10.0) -> bool:
        """Waits for the refreshes under way, at the end of a program. False: some had not ended and were given up."""
        return self._loads.drain(seconds(within, "within"))

    def _keys(self, key: str) -> calls.Keys:
        return calls.Keys.of(key, namespace=self._namespace)

    def _look(self, names: Sequence[calls.Keys], tags: Sequence[str]) -> list[tuple[Entry | None, bool, int]]:
        # For each key: the entry if it is fresh; whether it is good by its tags too; how long it is fresh yet.
        if not names:
            return []
        commands = [command for each in names for command in calls.reading(each)]
        replies = read(self._redis, [*commands, *self._tags.reading(tags)] if tags else commands)
        lives, tagged = replies[: len(commands) : 2], replies[len(commands) :]
        found = [calls.fresh(life, replies[2 * at + 1]) for at, life in enumerate(lives)]
        known = {tag: tag_calls.epochs(stored) for tag, stored in zip(tags, tagged, strict=True)}
        known = self._tags.complete(found, known)
        return [
            (None, False, 0)
            if entry is None
            else (entry, tag_calls.worth(entry, known) == "good", (life - entry.grace_ms) * 1000)
            for entry, life in zip(found, lives, strict=True)
        ]

    def _found(self, entry: Entry | None) -> Hit[T] | Negative | Miss:
        if entry is None:
            return Miss()
        value = self._loads.value(entry)
        return Negative() if isinstance(value, Absent) else Hit(value)
