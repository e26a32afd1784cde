"""Versioned objects under writers whose reads and writes interleave: no change is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
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

    def add(self) -> Iterator[bool | None]:
        while True:
            found = self._run(calls.read(self._name))
            yield None
            changed = {"n": str(int(found.fields["n"]) + 1)}
            answer = self._run(calls.write(self._name, set=changed, seen=found.version, ttl_us=TTL_US))
            yield isinstance(answer, calls.ObjectWritten)
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

    def add(self) -> Iterator[bool | None]:
        value = int(self._client.hget(self._key, "n"))
        yield None
        self._client.hset(self._key, "n", value + 1)
        yield True

    def value(self) -> int:
        return int(self._client.hget(self._key, "n"))


def lost(client: Any, make: type[Ours] | type[Naive], seed: int, worlds: int) -> int:
    """By how much the values differ from the changes that were made; some writers crash between two commands."""
    rng, missing = random.Random(seed), 0
    for number in range(worlds):
        one, made = make(client, f"o{number}"), 0
        running = [one.add() for _ in range(rng.randint(2, 8))]
        while running:
            at = rng.randrange(len(running))
            step = next(running[at], "end")
            made += step is True
            if step == "end" or rng.random() < 0.05:
                running.pop(at)
        missing += abs(made - one.value())
    return missing


def stale_accepted(client: Any, begin: Callable[[str], int], write: Callable[[str, int], bool]) -> int:
    """How many writes pass of those who read an object that was deleted and made anew meanwhile."""
    accepted = 0
    for number in range(20):
        seen = begin(f"s{number}")
        client.flushdb()
        begin(f"s{number}")
        accepted += write(f"s{number}", seen)
    return accepted


def test_no_change_of_an_object_is_lost(virtual: Any, seed: int, scale: float) -> None:
    worlds = max(int(100 * scale), 10)
    missing = lost(virtual, Ours, seed, worlds)
    evidence.record("object", "worlds", count=worlds, seed=seed, violations=missing)
    assert missing == 0


def test_a_version_seen_before_a_deletion_never_comes_back(virtual: Any) -> None:
    moments = iter(range(START_US, START_US + 1000))

    def run(call: Any) -> Any:
        return call.read(virtual.execute_command(*call.at(next(moments)).eval))

    def begin(name: str) -> int:
        return int(run(calls.write(name, set={"n": "0"}, ttl_us=TTL_US)).version)

    def write(name: str, seen: int) -> bool:
        return isinstance(run(calls.write(name, set={"n": "1"}, seen=seen, ttl_us=TTL_US)), calls.ObjectWritten)

    assert stale_accepted(virtual, begin, write) == 0


NUMBERED = """
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'v', 1)
return 1
"""


def test_a_version_that_counts_from_one_comes_back(virtual: Any) -> None:
    """The control."""

    def begin(name: str) -> int:
        return int(virtual.hincrby(name, "v", 1))

    assert stale_accepted(virtual, begin, lambda name, seen: bool(virtual.eval(NUMBERED, 1, name, seen))) == 20


def test_an_object_read_changed_and_written_loses_changes(virtual: Any, seed: int) -> None:
    """The control."""
    missing = lost(virtual, Naive, seed, 50)
    evidence.control("object", {"changes lost": missing})
    assert missing > 0
