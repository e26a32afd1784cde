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
from redis_patterns.aio import TEXT, Cache, Hit
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
    grace = connection.world.rng.choice([0.0, 2.0])
    return Cache(redis, codec=TEXT, ttl=1.0, grace=grace, negative_ttl=0.5, lease=0.8, backoff=0.3, allow_retries=True)


async def interleave(world: World, make: Callable[[Connection], AnyCache]) -> Counter[str]:
    """One world from its start to its rest; what went wrong."""
    rng, faults = world.rng, Counter[str]()
    keys = ["k", "l"][: rng.randint(1, 2)]
    processes = [Connection(world) for _ in range(3)]
    caches = [make(process) for process in processes]

    def loader(key: str) -> Callable[[], Awaitable[str | Absent]]:
        async def load() -> str | Absent:
            world.seen["loads"] += 1
            await world.turn()
            value = world.source[key]
            await world.turn(rng.choice([0, 0, 0.1, 1.5]))
            if rng.random() < 0.05:
                raise OSError("the source failed")
            return ABSENT if value == 0 else str(value)

        return load

    async def reader(cache: AnyCache, key: str) -> None:
        for _ in range(rng.randint(1, 3)):
            await world.turn(rng.choice([0, 0, 0.5]))
            least = world.deleted[key]
            try:
                value = await cache.get_or_load(key, loader(key))
            except (CacheError, OSError, RedisError) as error:
                world.seen[type(error).__name__] += 1
                continue
            except (Crash, asyncio.CancelledError):
                return
            world.seen["reads"] += 1
            if (0 if isinstance(value, Absent) else int(value)) < least:
                faults["a read after a delete is older than the delete"] += 1

    async def writer(cache: AnyCache, key: str) -> None:
        for _ in range(rng.randint(1, 2)):
            await world.turn(rng.choice([0, 0.1, 1.0]))
            world.source[key] += 1
            version = world.source[key]
            try:
                if isinstance(cache, Cache):
                    await cache.delete(key, holdoff=rng.choice([0, 0, 0, 0.6]))
                else:
                    await cache.delete(key)
            except Crash:
                return
            world.deleted[key] = max(world.deleted[key], version)

    async def killer() -> None:
        await world.turn(rng.choice([0, 0.1, 0.5]))
        processes[0].dead = True

    actors: list[Callable[[], Awaitable[None]]] = []
    for key in keys:
        for cache in caches:
            actors += [partial(reader, cache, key)] * rng.randint(1, 2)
        for _ in range(2):
            actors.append(partial(writer, rng.choice(caches[1:]), key))
    if rng.random() < 0.3:
        actors.append(killer)
    await world.run(actors)

    async def look() -> None:
        for key in keys:
            found = await caches[1].get(key)
            if isinstance(found, Hit) and int(found.value) < world.source[key]:
                faults["a stale value stays"] += 1

    await world.run([look])
    return faults
