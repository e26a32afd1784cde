"""Readers, loaders and deleters whose round trips are put in a random order, one at a time, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Literal

from redis_patterns import ABSENT, Absent, CacheError
from redis_patterns.aio import TEXT, Cache, Hit, Versioned
from redis_patterns.errors import RedisError
from turns import START_US, Connection, Crash, World


class NaiveCache:
    """GET, load, SET; DEL: the common form."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, key: str) -> Hit[str] | None:
        stored = await self._connection.execute_command("GET", f"naive:{key}")
        return Hit(stored.decode()) if stored else None

    async def get_or_load(self, key: str, loader: Callable[[], Awaitable[str | Absent]]) -> str | Absent:
        found = await self.get(key)
        if found:
            return found.value
        value = await loader()
        if isinstance(value, str):
            expires = START_US // 1000 + 3_600_000
            await self._connection.execute_command("SET", f"naive:{key}", value, "PXAT", expires)
        return value

    async def delete(self, key: str) -> bool:
        return bool(await self._connection.execute_command("DEL", f"naive:{key}"))


class NaiveTags(NaiveCache):
    """A set of the keys that carry the tag, filled after the value: the common form."""

    async def get_or_load(self, key: str, loader: Callable[[], Awaitable[str | Absent]]) -> str | Absent:
        value = await super().get_or_load(key, loader)
        await self._connection.execute_command("SADD", "naive-tag", f"naive:{key}")
        return value

    async def delete_tag(self) -> None:
        for key in await self._connection.execute_command("SMEMBERS", "naive-tag"):
            await self._connection.execute_command("DEL", key)


AnyCache = Cache[str] | NaiveCache
Mode = Literal["deletes", "versions", "tags"]
"""What writers do after their commit. By version they may overtake each other."""


def ours(connection: Connection) -> Cache[str]:
    redis: Any = connection
    rng = connection.world.rng
    return Cache(
        redis,
        codec=TEXT,
        ttl=1.0,
        grace=rng.choice([0.0, 2.0]),
        negative_ttl=0.5,
        lease=0.8,
        backoff=0.3,
        refresh=rng.choice(["foreground", "background"]),
        early=rng.choice([0.0, 0.4]),
        refreshes=rng.choice([1, 16]),
        allow_retries=True,
    )


class Unversioned(Cache[str]):
    """The control: the versions of the source are not passed on."""

    async def put(self, key: str, value: str | Absent, *, version: int = 0, tags: Iterable[str] = ()) -> bool:
        return await super().put(key, value)


def without_versions(connection: Connection) -> Cache[str]:
    redis: Any = connection
    return Unversioned(redis, codec=TEXT, ttl=1.0, grace=2.0, lease=0.8, allow_retries=True)


class Loader:
    """The source as the processes see it: slow, and sometimes failing."""

    def __init__(self, world: World, key: str) -> None:
        self._world = world
        self._key = key

    async def load(self) -> str | Absent:
        return (await self.load_versioned()).value

    async def load_versioned(self) -> Versioned[str]:
        world, rng = self._world, self._world.rng
        world.seen["loads"] += 1
        await world.turn()
        version = world.source[self._key]
        await world.turn(rng.choice([0, 0, 0.1, 1.5]))
        if rng.random() < 0.05:
            raise OSError("the source failed")
        return Versioned(ABSENT if version == 0 else str(version), version)


class Interleaving:
    """One world from its start to its rest."""

    def __init__(self, world: World, make: Callable[[Connection], AnyCache], mode: Mode) -> None:
        self.world = world
        self.mode = mode
        self.faults: Counter[str] = Counter()
        self.processes = [Connection(world) for _ in range(3)]
        self.caches = [make(process) for process in self.processes]

    async def reader(self, cache: AnyCache, key: str) -> None:
        world, rng = self.world, self.world.rng
        loader = Loader(world, key)
        tags = ["t"] if self.mode == "tags" else []
        for _ in range(rng.randint(1, 3)):
            await world.turn(rng.choice([0, 0, 0.5]))
            least, fresh = world.deleted[key], max(world.deleted[key], world.marked[key])
            try:
                if rng.random() < 0.2:
                    found = await cache.get(key)
                    if isinstance(found, Hit) and int(found.value) < fresh:
                        self.faults["a fresh value is older than a delete or a mark"] += 1
                    continue
                if not isinstance(cache, Cache):
                    value = await cache.get_or_load(key, loader.load)
                elif self.mode == "versions":
                    value = await cache.get_or_load_versioned(key, loader.load_versioned)
                else:
                    value = await cache.get_or_load(key, loader.load, tags=tags)
            except (CacheError, OSError, RedisError) as error:
                world.seen[type(error).__name__] += 1
                continue
            except (Crash, asyncio.CancelledError):
                return
            world.seen["reads"] += 1
            if (0 if isinstance(value, Absent) else int(value)) < least:
                self.faults["a read after a delete is older than the delete"] += 1

    async def writer(self, cache: AnyCache, key: str) -> None:
        world, rng = self.world, self.world.rng
        for _ in range(rng.randint(1, 2)):
            await world.turn(rng.choice([0, 0.1, 1.0]))
            world.source[key] += 1
            version = world.source[key]
            if self.mode == "versions":
                await world.turn(rng.choice([0, 0.1]))
            if not await (self.announce(cache, key, version) if isinstance(cache, Cache) else self.naively(cache, key)):
                world.marked[key] = max(world.marked[key], version)
                continue
            world.deleted[key] = max(world.deleted[key], version)

    async def announce(self, cache: Cache[str], key: str, version: int) -> bool:
        """Whether nothing older may be read any more, also as a stale value."""
        world, rng = self.world, self.world.rng
        soft = rng.random() < 0.4
        if self.mode == "versions" and rng.random() < 0.7:
            world.seen["puts"] += 1
            await cache.put(key, str(version), version=version)
        elif self.mode == "versions":
            await cache.delete(key, version=version, keep=20.0)
        elif self.mode == "tags":
            world.seen["tags"] += await (cache.mark_tag_stale("t") if soft else cache.delete_tag("t"))
            return not soft
        elif soft:
            world.seen["marks"] += await cache.mark_stale(key, holdoff=rng.choice([0, 0, 0.6]))
            return False
        else:
            await cache.delete(key, holdoff=rng.choice([0, 0, 0, 0.6]))
        return True

    async def naively(self, cache: NaiveCache, key: str) -> bool:
        if isinstance(cache, NaiveTags):
            await cache.delete_tag()
        else:
            await cache.delete(key)
        return True

    async def killer(self) -> None:
        await self.world.turn(self.world.rng.choice([0, 0.1, 0.5]))
        self.processes[0].dead = True

    async def drain(self, cache: AnyCache) -> None:
        if isinstance(cache, Cache):
            await cache.drain(60.0)

    async def look(self, keys: list[str]) -> None:
        for key in keys:
            found = await self.caches[1].get(key)
            if isinstance(found, Hit) and int(found.value) < self.world.source[key]:
                self.faults["a stale value stays"] += 1


async def interleave(world: World, make: Callable[[Connection], AnyCache], mode: Mode = "deletes") -> Counter[str]:
    """What went wrong in one world."""
    rng = world.rng
    keys = ["k", "l"][: rng.randint(1, 2)]
    play = Interleaving(world, make, mode)
    actors: list[Callable[[], Awaitable[None]]] = []
    for key in keys:
        for cache in play.caches:
            actors += [partial(play.reader, cache, key)] * rng.randint(1, 2)
        for _ in range(2):
            actors.append(partial(play.writer, rng.choice(play.caches[1:]), key))
    if rng.random() < 0.3:
        actors.append(play.killer)
    await world.run(actors)
    await world.run([partial(play.drain, cache) for cache in play.caches])
    await world.run([partial(play.look, keys)])
    return play.faults
