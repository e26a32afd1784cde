"""Readers, loaders and deleters whose round trips are put in a random order, one at a time, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from keyspace import expires_ms
from redis_patterns import ABSENT, Absent, CacheError
from redis_patterns.aio import TEXT, Cache, Hit, Versioned
from redis_patterns.errors import RedisError

START_US = 4_102_444_800_000_000


class Crash(BaseException):
    """The process died here: nothing after this line of it runs."""


class World:
    """Decides who goes on. `sleep` and `clock` stand in for those of the package."""

    def __init__(self, rng: random.Random, client: Any) -> None:
        self.rng = rng
        self.client = client
        self.now_us = START_US
        self.source: Counter[str] = Counter()
        self.deleted: Counter[str] = Counter()
        self.marked: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._waiting: list[tuple[asyncio.Future[None], int]] = []

    async def turn(self, seconds: float = 0) -> None:
        """Waits until it is this one's turn, and not before `seconds` have passed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, self.now_us + round(seconds * 1_000_000)))
        await future

    def clock(self) -> float:
        return self.now_us / 1_000_000

    async def run(self, actors: list[Callable[[], Awaitable[None]]]) -> None:
        """Runs all to their end."""
        tasks = [asyncio.ensure_future(actor()) for actor in actors]
        while not all(task.done() for task in tasks):
            for _ in range(6):
                await asyncio.sleep(0)
            self._waiting = [(future, due) for future, due in self._waiting if not future.done()]
            if self._waiting:
                future, due = self._waiting.pop(self.rng.randrange(len(self._waiting)))
                self.now_us = max(self.now_us + self.rng.choice([1, 1, 1_000, 200_000]), due)
                future.set_result(None)
        await asyncio.gather(*tasks)


class Connection:
    """A redis-py client of one process of the world: every round trip waits for its turn and has the world's time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dead = False

    async def execute_command(self, *words: Any, **_: Any) -> Any:
        await self._trip()
        return self.send(words)

    def pipeline(self, *, transaction: bool) -> Pipeline:
        assert not transaction
        return Pipeline(self)

    async def trip(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        await self._trip()
        return [self.send(words) for words in commands]

    async def _trip(self) -> None:
        if self.dead:
            raise Crash
        await self.world.turn()
        if self.dead:
            raise Crash

    def send(self, words: tuple[Any, ...]) -> Any:
        if words[0] in ("EVALSHA", "EVAL"):
            words = (*words[:-1], b"%d" % self.world.now_us)
        if words[0] == "PTTL":
            expires = expires_ms(self.world.client, words[1])
            return expires if expires < 0 else expires - self.world.now_us // 1000
        if words[0] == "GET":
            expires = expires_ms(self.world.client, words[1])
            if 0 <= expires <= self.world.now_us // 1000:
                return None
        return self.world.client.execute_command(*words)


class Pipeline:
    """Commands of one round trip."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._commands: list[tuple[Any, ...]] = []

    def execute_command(self, *words: Any, **_: Any) -> None:
        self._commands.append(words)

    async def execute(self) -> list[Any]:
        return await self._connection.trip(self._commands)


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


AnyCache = Cache[str] | NaiveCache


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

    async def put(self, key: str, value: str | Absent, *, version: int = 0) -> bool:
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
    """One world from its start to its rest. `versioned`: writers put and delete by version, and may overtake."""

    def __init__(self, world: World, make: Callable[[Connection], AnyCache], *, versioned: bool) -> None:
        self.world = world
        self.versioned = versioned
        self.faults: Counter[str] = Counter()
        self.processes = [Connection(world) for _ in range(3)]
        self.caches = [make(process) for process in self.processes]

    async def reader(self, cache: AnyCache, key: str) -> None:
        world, rng = self.world, self.world.rng
        loader = Loader(world, key)
        for _ in range(rng.randint(1, 3)):
            await world.turn(rng.choice([0, 0, 0.5]))
            least, fresh = world.deleted[key], max(world.deleted[key], world.marked[key])
            try:
                if rng.random() < 0.2:
                    found = await cache.get(key)
                    if isinstance(found, Hit) and int(found.value) < fresh:
                        self.faults["a fresh value is older than a delete or a mark"] += 1
                    continue
                if self.versioned and isinstance(cache, Cache):
                    value = await cache.get_or_load_versioned(key, loader.load_versioned)
                else:
                    value = await cache.get_or_load(key, loader.load)
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
            if self.versioned:
                await world.turn(rng.choice([0, 0.1]))
            if not isinstance(cache, Cache):
                await cache.delete(key)
            elif self.versioned and rng.random() < 0.7:
                world.seen["puts"] += 1
                await cache.put(key, str(version), version=version)
            elif self.versioned:
                await cache.delete(key, version=version, keep=20.0)
            elif rng.random() < 0.4:
                world.seen["marks"] += await cache.mark_stale(key, holdoff=rng.choice([0, 0, 0.6]))
                world.marked[key] = max(world.marked[key], version)
                continue
            else:
                await cache.delete(key, holdoff=rng.choice([0, 0, 0, 0.6]))
            world.deleted[key] = max(world.deleted[key], version)

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


async def interleave(world: World, make: Callable[[Connection], AnyCache], *, versioned: bool = False) -> Counter[str]:
    """What went wrong in one world."""
    rng = world.rng
    keys = ["k", "l"][: rng.randint(1, 2)]
    play = Interleaving(world, make, versioned=versioned)
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
