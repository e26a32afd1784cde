"""Versioned objects under writers whose reads and writes interleave: no change is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import evidence
from redis_patterns.structures import object as calls

START_US = 4_102_444_800_000_000
TTL_US = 60_000_000


class Ours:
    """Read, change, write what was seen; anew when another came between."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        for script in (calls.read("x").script, calls.write("x", set={"f": ""}, ttl_us=1000).script):
            client.script_load(script.source)
        self._run(calls.write(name, set={"n": "0"}, ttl_us=TTL_US))

    def add(self) -> Iterator[None]:
        while True:
            found = self._run(calls.read(self._name))
            yield
            changed = {"n": str(int(found.fields["n"]) + 1)}
            answer = self._run(calls.write(self._name, set=changed, seen=found.version, ttl_us=TTL_US))
            yield
            if isinstance(answer, calls.ObjectWritten):
                return

    def value(self) -> int:
        return int(self._run(calls.read(self._name)).fields["n"])

    def _run(self, call: Any) -> Any:
        return call.read(self._client.execute_command(*call.at(START_US).evalsha))


class Naive:
    """HGET, change, HSET: the common form."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._key = client, f"naive:{name}"
        client.hset(self._key, "n", 0)

    def add(self) -> Iterator[None]:
        value = int(self._client.hget(self._key, "n"))
        yield
        self._client.hset(self._key, "n", value + 1)
        yield

    def value(self) -> int:
        return int(self._client.hget(self._key, "n"))


def lost(client: Any, make: type[Ours] | type[Naive], seed: int, worlds: int) -> int:
    rng, missing = random.Random(seed), 0
    for number in range(worlds):
        one = make(client, f"o{number}")
        writers = rng.randint(2, 8)
        running = [one.add() for _ in range(writers)]
        while running:
            at = rng.randrange(len(running))
            if next(running[at], "end") == "end":
                running.pop(at)
        missing += writers - one.value()
    return missing


def test_no_change_of_an_object_is_lost(virtual: Any, seed: int, scale: float) -> None:
    worlds = max(int(100 * scale), 10)
    missing = lost(virtual, Ours, seed, worlds)
    evidence.record("object", "worlds", count=worlds, seed=seed, violations=missing)
    assert missing == 0


def test_an_object_read_changed_and_written_loses_changes(virtual: Any, seed: int) -> None:
    """The control."""
    missing = lost(virtual, Naive, seed, 50)
    evidence.control("object", {"changes lost": missing})
    assert missing > 0
