"""Requests of some processes on one user's sessions, with logouts, rotations and deaths in any order between."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from redis_patterns.aio import Session, SessionID, Sessions
from redis_patterns.runner import arun
from redis_patterns.sessions import calls
from redis_patterns.sessions.ids import tag_of
from turns import START_US, Connection, Crash, World

IDLE, LIFETIME, GRACE, LIMIT = 1_000.0, 10_000.0, 5.0, 3
_IMMORTAL = """
local found = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('PTTL', key) == -1 then found = found + 1 end
end
return found
"""
Data = dict[str, str]


class Store(Protocol):
    """What is put to the test, as a web framework uses it: load, answer the request, save."""

    async def create(self) -> Any: ...

    async def load(self, identity: Any) -> Data | None: ...

    async def save(self, identity: Any, loaded: Data, field: str, value: str) -> bool:
        """Whether it was said to be saved."""

    async def rotate(self, identity: Any) -> Any | None: ...

    async def end(self, identity: Any) -> None: ...

    async def end_all(self) -> None: ...

    async def end_others(self, identity: Any) -> None: ...

    def let_time_pass(self) -> None:
        """More than the idle time, for all at once."""


class Ours:
    """The class that ships."""

    def __init__(self, connection: Connection) -> None:
        redis: Any = connection
        self._redis = redis
        self._world = connection.world
        self.sessions = Sessions(
            redis, idle=IDLE, lifetime=LIFETIME, limit=LIMIT, grace=GRACE, touch_every=0.2, allow_retries=True
        )

    async def create(self) -> SessionID:
        created = await self.sessions.create("ada")
        assert isinstance(created, Session)
        return created.id

    async def load(self, identity: SessionID) -> Data | None:
        session = await self.sessions.load(identity)
        return dict(session.data) if session else None

    async def save(self, identity: SessionID, loaded: Data, field: str, value: str) -> bool:
        del loaded
        return isinstance(await self.sessions.update(identity, {field: value}), Session)

    async def rotate(self, identity: SessionID) -> SessionID | None:
        rotated = await self.sessions.rotate(identity)
        return rotated.id if isinstance(rotated, Session) else None

    async def end(self, identity: SessionID) -> None:
        await self.sessions.revoke(identity)

    async def end_all(self) -> None:
        await self.sessions.revoke_all("ada")

    async def end_others(self, identity: SessionID) -> None:
        await self.sessions.revoke_others(identity)

    async def listed(self) -> set[str]:
        """In one round trip, so that no rotation comes between."""
        names = await arun(self._redis, calls.names(calls.Keys.of(tag_of("ada"))))
        return {handle for handle, _ in names.sessions}

    def let_time_pass(self) -> None:
        self._world.now_us += round(IDLE * 1_000_000)


class Whole:
    """GET, then SET of the whole session with an expiry: what most stores do."""

    def __init__(self, connection: Connection) -> None:
        self._send = connection.execute_command
        self._client = connection.world.client

    async def create(self) -> str:
        identity = secrets.token_hex(8)
        await self._write(identity, {})
        await self._send("SADD", "naive-user", identity)
        await self._send("PEXPIREAT", "naive-user", START_US // 1000 + 3_600_000)
        return identity

    async def load(self, identity: str) -> Data | None:
        stored = await self._send("GET", f"naive:{identity}")
        return json.loads(stored) if stored else None

    async def save(self, identity: str, loaded: Data, field: str, value: str) -> bool:
        await self._write(identity, {**loaded, field: value})
        return True

    async def rotate(self, identity: str) -> str | None:
        del identity
        return None

    async def end(self, identity: str) -> None:
        await self._send("DEL", f"naive:{identity}")
        await self._send("SREM", "naive-user", identity)

    async def end_all(self) -> None:
        for member in await self._send("SMEMBERS", "naive-user"):
            await self.end(member.decode())

    async def end_others(self, identity: str) -> None:
        for member in await self._send("SMEMBERS", "naive-user"):
            if member.decode() != identity:
                await self.end(member.decode())

    def let_time_pass(self) -> None:
        for key in self._client.keys("naive:*"):
            self._client.delete(key)

    async def _write(self, identity: str, data: Data) -> None:
        await self._send("SET", f"naive:{identity}", json.dumps(data), "PXAT", START_US // 1000 + 3_600_000)


class Fields(Whole):
    """HGETALL, HSET, EXPIRE: what merges fields, in three steps."""

    async def load(self, identity: str) -> Data | None:
        stored = await self._send("HGETALL", f"naive:{identity}")
        return {name.decode(): value.decode() for name, value in stored.items()} or None

    async def save(self, identity: str, loaded: Data, field: str, value: str) -> bool:
        del loaded
        await self._write(identity, {field: value})
        return True

    async def _write(self, identity: str, data: Data) -> None:
        await self._send("HSET", f"naive:{identity}", "seen", "1", *(word for pair in data.items() for word in pair))
        await self._send("PEXPIREAT", f"naive:{identity}", START_US // 1000 + 3_600_000)


class Watched(Connection):
    """Looks after every round trip for a key that would never expire; a process may die in the middle of a request."""

    faults: Counter[str]

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        answer = await super().execute_command(*words, **options)
        if self.world.client.eval(_IMMORTAL, 0):
            self.faults["a key has no expiry"] += 1
        return answer


async def interleave(world: World, make: Callable[[Connection], Store]) -> Counter[str]:
    """One world from its start to its rest; what went wrong."""
    rng, faults = world.rng, Counter[str]()
    processes = [Watched(world) for _ in range(3)]
    for process in processes:
        process.faults = faults
    stores = [make(process) for process in processes]
    cookies: list[list[Any]] = []
    ended: set[int] = set()
    saved: dict[tuple[int, str], int] = {}

    async def begin() -> None:
        cookies.extend([[await stores[1].create()] for _ in range(rng.randint(1, LIMIT))])

    async def request(store: Store, which: int, field: str) -> None:
        for count in range(1, rng.randint(2, 4)):
            try:
                await world.turn(rng.choice([0, 0, 0.5]))
                identity, dead = cookies[which][-1], which in ended
                loaded = await store.load(identity)
                world.seen["loads"] += 1
                if loaded is None:
                    return
                if dead:
                    faults["an ended session is loaded"] += 1
                await world.turn()
                dead = which in ended
                if await store.save(identity, loaded, field, str(count)):
                    world.seen["saves"] += 1
                    saved[which, field] = count
                    if dead:
                        faults["an ended session is changed"] += 1
            except Crash:
                return

    async def rotator(store: Store, which: int) -> None:
        await world.turn(rng.choice([0, 0.5]))
        fresh = await store.rotate(cookies[which][-1])
        if fresh is not None:
            cookies[which].append(fresh)
            world.seen["rotations"] += 1

    async def ender(store: Store) -> None:
        await world.turn(rng.choice([0, 0.2, 0.5]))
        which, every = rng.randrange(len(cookies)), set(range(len(cookies)))
        match rng.choice(["end", "end", "end_all", "end_others", "login", "time"]):
            case "end":
                await store.end(cookies[which][-1])
                ended.add(which)
            case "end_all":
                await store.end_all()
                ended.update(every)
            case "end_others":
                await store.end_others(cookies[which][-1])
                ended.update(every - {which})
            case "login" if isinstance(store, Ours):
                for _ in range(rng.randint(1, LIMIT)):
                    await store.create()
                listed = await store.listed()
                ended.update(n for n in every if not listed & {cookie.handle() for cookie in cookies[n]})
                if len(listed) > LIMIT:
                    faults["a user has more sessions than the limit"] += 1
            case "time":
                store.let_time_pass()
                ended.update(every)
        world.seen["ends"] += 1

    async def killer() -> None:
        await world.turn(rng.choice([0, 0.1, 0.5]))
        processes[0].dead = True

    async def look() -> None:
        world.now_us += round(GRACE * 1_000_000)
        for which, identities in enumerate(cookies):
            found = [await stores[1].load(identity) for identity in identities]
            if any(data is not None for data in found[:-1]):
                faults["an id that was replaced long ago still reads"] += 1
            data = found[-1]
            if which in ended:
                if data is not None:
                    faults["an ended session came back"] += 1
                continue
            for (session, field), count in saved.items():
                if session == which and int((data or {}).get(field, "0")) < count:
                    faults["a saved field is lost"] += 1

    await world.run([begin])
    actors: list[Callable[[], Awaitable[None]]] = [
        partial(request, rng.choice(stores), rng.randrange(len(cookies)), f"f{number}")
        for number in range(rng.randint(2, 4))
    ]
    if rng.random() < 0.75:
        actors.append(partial(ender, stores[2]))
    if rng.random() < 0.4:
        actors.append(partial(rotator, stores[2], rng.randrange(len(cookies))))
    if rng.random() < 0.15:
        actors.append(killer)
    rng.shuffle(actors)
    await world.run(actors)
    await world.run([look])
    return faults
