"""What the semaphore's world puts to the test: the shipped scripts, and two usual forms as controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from redis_patterns.locks import semaphore_calls as calls
from redis_patterns.locks.calls import Acquired, Renewed, Waiting

START_US = 4_102_444_800_000_000
FAR_US = 2 * START_US


@dataclass(frozen=True)
class Holding:
    weight: int
    until_us: int
    fence: int
    ttl_us: int = 0


class Implementation(Protocol):
    """Times are virtual; answers as in the vectors."""

    def acquire(
        self, owner: str, weight: int, limit: int, ttl_us: int, patience_us: int, now_us: int
    ) -> tuple[str, int]: ...

    def renew(self, owner: str, ttl_us: int, now_us: int) -> bool: ...

    def release(self, owner: str, now_us: int) -> str: ...

    def holders(self, now_us: int) -> dict[str, Holding]: ...

    def lose(self) -> None: ...


class Ours:
    """The shipped scripts."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._keys = calls.Keys.of(name)
        for call in (
            calls.acquire(self._keys, owner="x", limit=1, ttl_us=1000),
            calls.renew(self._keys, owner="x", ttl_us=1000),
        ):
            client.script_load(call.script.source)
        client.script_load(calls.release(self._keys, owner="x").script.source)

    def acquire(
        self, owner: str, weight: int, limit: int, ttl_us: int, patience_us: int, now_us: int
    ) -> tuple[str, int]:
        call = calls.acquire(
            self._keys, owner=owner, weight=weight, limit=limit, ttl_us=ttl_us, patience_us=patience_us
        )
        match self._run(call, now_us):
            case Acquired(fence):
                return "acquired", fence
            case Waiting():
                return "waiting", 0
        return "held", 0

    def renew(self, owner: str, ttl_us: int, now_us: int) -> bool:
        return isinstance(self._run(calls.renew(self._keys, owner=owner, ttl_us=ttl_us), now_us), Renewed)

    def release(self, owner: str, now_us: int) -> str:
        return str(self._run(calls.release(self._keys, owner=owner), now_us))

    def holders(self, now_us: int) -> dict[str, Holding]:
        del now_us
        records = self._client.hgetall(self._keys.permits)
        return {owner.decode(): Holding(*map(int, record.split())) for owner, record in records.items()}

    def lose(self) -> None:
        self._client.delete(*self._keys.all)

    def _run(self, call: Any, now_us: int) -> Any:
        return call.read(self._client.execute_command(*call.at(now_us).evalsha))


class NaiveCounter:
    """INCRBY to take, DECRBY to give back and when it was too much: the common form. What crashed stays taken."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._used = f"naive:{name}"
        self._weights: dict[str, int] = {}

    def acquire(
        self, owner: str, weight: int, limit: int, ttl_us: int, patience_us: int, now_us: int
    ) -> tuple[str, int]:
        del ttl_us
        if owner in self._weights:
            return "acquired", 0
        if self._client.incrby(self._used, weight) > limit:
            self._client.decrby(self._used, weight)
            return ("waiting" if patience_us else "held"), 0
        self._weights[owner] = weight
        return "acquired", now_us

    def renew(self, owner: str, ttl_us: int, now_us: int) -> bool:
        del ttl_us, now_us
        return owner in self._weights

    def release(self, owner: str, now_us: int) -> str:
        del now_us
        weight = self._weights.pop(owner, None)
        if weight is None:
            return "lost"
        self._client.decrby(self._used, weight)
        return "released"

    def holders(self, now_us: int) -> dict[str, Holding]:
        return {owner: Holding(weight, FAR_US, now_us) for owner, weight in self._weights.items()}

    def lose(self) -> None:
        self._client.delete(self._used)
        self._weights.clear()


class NaiveSet:
    """A sorted set of when each took its permits; who asks first drops what is older than *its own* time to live."""

    ACQUIRE = b"""
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
    for unit = 1, ARGV[5] do
      if redis.call('ZSCORE', KEYS[1], ARGV[3] .. ':' .. unit) then return 1 end
    end
    if redis.call('ZCARD', KEYS[1]) + ARGV[5] > tonumber(ARGV[4]) then return 0 end
    for unit = 1, ARGV[5] do
      redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3] .. ':' .. unit)
    end
    return 1
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._key = f"naive:set:{name}"
        self._acquire = client.script_load(self.ACQUIRE)

    def acquire(
        self, owner: str, weight: int, limit: int, ttl_us: int, patience_us: int, now_us: int
    ) -> tuple[str, int]:
        if self._client.evalsha(self._acquire, 1, self._key, f"{now_us}", ttl_us, owner, limit, weight):
            return "acquired", now_us
        return ("waiting" if patience_us else "held"), 0

    def renew(self, owner: str, ttl_us: int, now_us: int) -> bool:
        del ttl_us
        mine = [unit for unit in self._client.zrange(self._key, 0, -1) if unit.startswith(owner.encode() + b":")]
        for unit in mine:
            self._client.zadd(self._key, {unit: now_us}, xx=True)
        return bool(mine)

    def release(self, owner: str, now_us: int) -> str:
        del now_us
        mine = [unit for unit in self._client.zrange(self._key, 0, -1) if unit.startswith(owner.encode() + b":")]
        return "released" if mine and self._client.zrem(self._key, *mine) else "lost"

    def holders(self, now_us: int) -> dict[str, Holding]:
        owners = [unit.decode().partition(":")[0] for unit in self._client.zrange(self._key, 0, -1)]
        return {owner: Holding(owners.count(owner), FAR_US, now_us) for owner in owners}

    def lose(self) -> None:
        self._client.delete(self._key)
