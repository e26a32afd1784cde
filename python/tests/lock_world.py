"""A world of clients around one lock, in virtual time: random schedules, crashes, every wake-up lost."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

from redis_patterns.locks import calls

START_US = 4_102_444_800_000_000
TTL_US = 1_000_000


class Implementation(Protocol):
    """What is put to the test. Times are virtual; answers as in the vectors."""

    def acquire(self, owner: str, patience_us: int, now_us: int) -> tuple[str, int]: ...

    def renew(self, owner: str, now_us: int) -> bool: ...

    def release(self, owner: str, now_us: int) -> str: ...

    def lose(self) -> None:
        """A failover to an empty replica."""


class Ours:
    """The shipped scripts."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._keys = calls.Keys.of(name)
        for call in (
            calls.acquire(self._keys, owner="x", ttl_us=TTL_US),
            calls.renew(self._keys, owner="x", ttl_us=1000),
        ):
            client.script_load(call.script.source)
        client.script_load(calls.release(self._keys, owner="x").script.source)

    def acquire(self, owner: str, patience_us: int, now_us: int) -> tuple[str, int]:
        match self._run(calls.acquire(self._keys, owner=owner, ttl_us=TTL_US, patience_us=patience_us), now_us):
            case calls.Acquired(fence):
                return "acquired", fence
            case calls.Waiting(position, _):
                return "waiting", position
        return "held", 0

    def renew(self, owner: str, now_us: int) -> bool:
        return isinstance(self._run(calls.renew(self._keys, owner=owner, ttl_us=TTL_US), now_us), calls.Renewed)

    def release(self, owner: str, now_us: int) -> str:
        return str(self._run(calls.release(self._keys, owner=owner), now_us))

    def lose(self) -> None:
        self._client.delete(*self._keys.all)

    def _run(self, call: Any, now_us: int) -> Any:
        return call.read(self._client.execute_command(*call.at(now_us).evalsha))


class Naive:
    """SET NX with a time to live, a fence from INCR, release by DEL: the common form."""

    ACQUIRE = b"""
    local held = redis.call('GET', KEYS[1])
    if held and tonumber(held) > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'EX', 60)
    local fence = redis.call('INCR', KEYS[2])
    redis.call('EXPIRE', KEYS[2], 60)
    return fence
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._lock, self._fence = f"naive:{name}", f"naive:{name}:fence"
        self._acquire = client.script_load(self.ACQUIRE)

    def acquire(self, owner: str, patience_us: int, now_us: int) -> tuple[str, int]:
        del owner
        until = f"{now_us + TTL_US:.0f}"
        fence = self._client.evalsha(self._acquire, 2, self._lock, self._fence, f"{now_us:.0f}", until)
        return ("acquired", fence) if fence else ("waiting" if patience_us else "held", 1)

    def renew(self, owner: str, now_us: int) -> bool:
        del owner
        return bool(self._client.set(self._lock, f"{now_us + TTL_US:.0f}", xx=True, ex=60))

    def release(self, owner: str, now_us: int) -> str:
        del owner, now_us
        return "released" if self._client.delete(self._lock) else "lost"

    def lose(self) -> None:
        self._client.delete(self._lock, self._fence)


@dataclass
class Client:
    """One participant; a crashed one never acts again, and a new one takes its place."""

    owner: str
    state: str = "idle"
    patience_us: int = 0
    next_us: int = 0
    until_us: int = 0
    fence: int = 0


class World:
    """Runs one schedule and counts what must never happen."""

    def __init__(self, rng: random.Random, lock: Implementation) -> None:
        self.rng = rng
        self.lock = lock
        self.now_us = START_US
        self.faults: Counter[str] = Counter()
        self.grants = 0
        self._number = 0
        self._last_fence = 0
        self._queue: list[tuple[str, int]] = []
        self.clients = [self._newcomer() for _ in range(rng.randint(2, 6))]

    def run(self, steps: int) -> None:
        """Random acts, then only waiting clients ask on: each must be granted in the end."""
        for _ in range(steps):
            client = min(self.clients, key=lambda one: one.next_us)
            self.now_us = max(self.now_us, client.next_us)
            self._act(client)
            if self.rng.random() < 0.01:
                self.lock.lose()
                self._queue.clear()
                for other in self.clients:
                    if other.state == "holding":
                        other.until_us = 0  # nothing protects a lease whose record was lost; its fence does
        self._drain()

    def _drain(self) -> None:
        for client in self.clients:
            if client.state == "holding":
                self._release(client)
        end_us = self.now_us + 10 * TTL_US  # longer than what crashed holders and waiters can have left
        while self.now_us < end_us:
            waiting = [client for client in self.clients if client.state == "waiting"]
            if not waiting:
                return
            client = min(waiting, key=lambda one: one.next_us)
            self.now_us = max(self.now_us, client.next_us)
            self._ask(client)
            if client.state == "holding":
                self._release(client)
        self.faults["a waiter is never granted"] += 1

    def _act(self, client: Client) -> None:
        roll = self.rng.random()
        if roll < 0.03:  # it crashes, holding or waiting or not, and is replaced
            self.clients[self.clients.index(client)] = self._newcomer()
        elif client.state == "idle":
            client.patience_us = self.rng.choice([0, 200_000, 400_000, 900_000])
            self._ask(client)
        elif client.state == "waiting":
            if roll < 0.1:
                self._release(client)
            else:
                self._ask(client)
        elif roll < 0.4 and client.until_us > self.now_us:
            if self.lock.renew(client.owner, self.now_us):
                client.until_us = self.now_us + TTL_US
            else:
                self.faults["a live lease is not renewed"] += 1
            self._later(client, TTL_US)
        elif roll < 0.5:
            self._later(client, 2 * TTL_US)  # it is stopped, perhaps for longer than its lease
        else:
            self._release(client)

    def _ask(self, client: Client) -> None:
        self._queue = [(owner, leaves) for owner, leaves in self._queue if leaves > self.now_us]
        first = self._queue[0][0] if self._queue else None
        status, value = self.lock.acquire(client.owner, client.patience_us, self.now_us)
        if status == "acquired":
            self._granted(client, value, first)
        elif status == "waiting":
            owners = [owner for owner, _ in self._queue]
            place = (client.owner, self.now_us + client.patience_us)
            if client.owner in owners:
                self._queue[owners.index(client.owner)] = place
            else:
                self._queue.append(place)
            client.state = "waiting"
            self._later(client, client.patience_us // 2)
        else:
            client.state = "idle"
            self._later(client, TTL_US)

    def _granted(self, client: Client, fence: int, first: str | None) -> None:
        self.grants += 1
        if any(
            other is not client and other.state == "holding" and other.until_us > self.now_us for other in self.clients
        ):
            self.faults["two hold at once"] += 1
        if fence <= self._last_fence:
            self.faults["a fence does not grow"] += 1
        if first is not None and first != client.owner:
            self.faults["a newcomer overtakes"] += 1
        self._last_fence = max(self._last_fence, fence)
        self._queue = [(owner, leaves) for owner, leaves in self._queue if owner != client.owner]
        client.state, client.fence, client.until_us = "holding", fence, self.now_us + TTL_US
        self._later(client, TTL_US // 2)

    def _release(self, client: Client) -> None:
        in_time = client.state == "holding" and client.until_us > self.now_us
        answer = self.lock.release(client.owner, self.now_us)
        if in_time and answer != "released":
            self.faults["a live lease is not released"] += 1
        if client.state == "holding" and not in_time and client.until_us and answer == "released":
            self.faults["a lost lease is called released"] += 1
        self._queue = [(owner, leaves) for owner, leaves in self._queue if owner != client.owner]
        self._rename(client)
        client.state = "idle"
        self._later(client, TTL_US // 2)

    def _later(self, client: Client, within_us: int) -> None:
        client.next_us = self.now_us + 1 + self.rng.randrange(max(within_us, 1))

    def _rename(self, client: Client) -> None:
        self._number += 1
        client.owner = f"o{self._number}"

    def _newcomer(self) -> Client:
        client = Client("")
        self._rename(client)
        self._later(client, TTL_US // 4)
        return client
