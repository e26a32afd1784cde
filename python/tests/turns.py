"""The turns of a world in virtual time: processes whose round trips are put in a random order, one at a time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from keyspace import expires_ms

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

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        return await self._connection.trip(self._commands)
