"""Counters under clients that crash between any two commands, in virtual time; and against plain arithmetic."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

import evidence
from keyspace import expires_ms
from redis_patterns.script import ScriptCall
from redis_patterns.structures import counter

START_US = 4_102_444_800_000_000
TTL_US = 60_000_000


class Implementation(Protocol):
    """What is put to the test. Each `next` of an addition is one command; a client may crash between two."""

    def add(self, delta: int, now_us: int) -> Iterator[None]: ...

    def value(self, now_us: int) -> int: ...


class Ours:
    """The shipped scripts."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        self.key = f"counter:{{{name}}}"
        client.script_load(counter.add("x", ttl_us=TTL_US).script.source)

    def add(self, delta: int, now_us: int) -> Iterator[None]:
        self._run(delta, now_us)
        yield

    def value(self, now_us: int) -> int:
        return self._run(0, now_us).value

    def _run(self, delta: int, now_us: int) -> counter.Counted | counter.CounterRefused:
        call: ScriptCall[Any] = counter.add(self._name, delta=delta, ttl_us=TTL_US)
        answer: counter.Counted | counter.CounterRefused = call.read(
            self._client.execute_command(*call.at(now_us).evalsha)
        )
        return answer


class Naive:
    """INCRBY, and EXPIRE by whoever was first: the common form."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.key = f"naive:{name}"

    def add(self, delta: int, now_us: int) -> Iterator[None]:
        first = self._client.incrby(self.key, delta) == delta
        yield
        if first:
            self._client.pexpireat(self.key, (now_us + TTL_US) // 1000)
            yield

    def value(self, now_us: int) -> int:
        del now_us
        return int(self._client.get(self.key) or 0)


class ReadModifyWrite(Naive):
    """GET, add in the client, SET with an end: it never lives for ever, and loses what others add meanwhile."""

    def add(self, delta: int, now_us: int) -> Iterator[None]:
        sum_ = int(self._client.get(self.key) or 0) + delta
        yield
        self._client.set(self.key, sum_, pxat=(now_us + TTL_US) // 1000)
        yield


def play(client: Any, make: Any, seed: int, worlds: int) -> Counter[str]:
    """Interleaves the commands of clients, of which some crash; counts what must never happen."""
    faults: Counter[str] = Counter()
    for number in range(worlds):
        rng, ours, now_us = random.Random(f"{seed}:{number}"), make(client, f"c{number}"), START_US
        sum_, until_us, running = 0, 0, []
        for _ in range(rng.randint(2, 6)):
            for _ in range(rng.randint(1, 4)):
                now_us += rng.randrange(20_000_000)
                if client.exists(ours.key) and 0 < expires_ms(client, ours.key) <= now_us // 1000:
                    client.delete(ours.key)  # what the server does by its own clock
                delta = rng.randint(1, 5)
                running.append((ours.add(delta, now_us), delta, now_us))
            rng.shuffle(running)
            while running:
                commands, delta, at_us = running.pop()
                if next(commands, "end") == "end":
                    continue
                if until_us <= at_us:
                    sum_, until_us = 0, at_us + TTL_US
                sum_ += delta
                if rng.random() < 0.2:
                    continue  # it crashes
                running.insert(rng.randrange(len(running) + 1), (commands, 0, at_us))
            if client.exists(ours.key) and expires_ms(client, ours.key) < 0:
                faults["a counter lives for ever"] += 1
                break
    return faults


def test_no_crash_leaves_a_counter_that_never_ends(virtual: Any, seed: int, scale: float) -> None:
    worlds = max(int(300 * scale), 20)
    faults = play(virtual, Ours, seed, worlds)
    evidence.record("counter", "worlds", count=worlds, seed=seed, violations=faults.total())
    assert faults == {}


def test_incr_then_expire_does(virtual: Any, seed: int) -> None:
    """The control: the common form must be seen to leave counters without an end."""
    faults = play(virtual, Naive, seed, 100)
    print(dict(faults))
    evidence.control("counter", faults)
    assert faults["a counter lives for ever"] > 0


def lost(client: Any, make: Any, seed: int) -> int:
    """Additions that a counter forgot, of clients whose commands interleave."""
    rng, missing = random.Random(seed), 0
    for number in range(60):
        one = make(client, f"l{number}")
        deltas = [rng.randint(1, 9) for _ in range(8)]
        running = [one.add(delta, START_US) for delta in deltas]
        while running:
            at = rng.randrange(len(running))
            if next(running[at], "end") == "end":
                running.pop(at)
        missing += sum(deltas) - one.value(START_US)
    return missing


def test_no_addition_is_lost(virtual: Any, seed: int) -> None:
    assert lost(virtual, Ours, seed) == 0


def test_read_modify_write_loses_additions(virtual: Any, seed: int) -> None:
    """The control."""
    missing = lost(virtual, ReadModifyWrite, seed)
    evidence.control("counter", {"additions lost by read-modify-write": missing})
    assert missing > 0


def test_random_additions_are_plain_arithmetic(virtual: Any, seed: int, scale: float) -> None:
    rng, now_us = random.Random(seed), START_US
    sums: dict[str, tuple[int, int]] = {}
    told: dict[tuple[str, str], tuple[int, int]] = {}
    virtual.script_load(counter.add("x", ttl_us=TTL_US).script.source)
    steps = max(int(3_000 * scale), 300)
    for _ in range(steps):
        now_us += rng.choice([0, 1, rng.randrange(30_000_000)])
        name, life = rng.choice([("a", "first"), ("b", "last"), ("c", "first")])
        delta = rng.choice([0, 1, 1, 2, -3, 10, 2**51, -(2**51)])
        least, most = rng.choice([(-(2**52), 2**52), (-5, 20)])
        request = f"r{rng.randrange(200)}" if delta and rng.random() < 0.3 else None
        value, ends_us = sums.get(name, (0, 0))
        if ends_us <= now_us:
            value, ends_us = 0, 0
        if (name, request) in told:
            value, ends_us = told[name, request or ""]
            expected: Any = counter.Counted
        elif delta and not least <= value + delta <= most:
            expected = counter.CounterRefused
        else:
            expected = counter.Counted
            if delta:
                value += delta
                ends_us = now_us + TTL_US if life == "last" or not ends_us else ends_us
                sums[name] = value, ends_us
                if request:
                    told[name, request] = value, ends_us
        call = counter.add(
            name,
            delta=delta,
            least=least,
            most=most,
            life="last" if life == "last" else "first",
            ttl_us=TTL_US,
            request=request,
            replay_us=31_622_400_000_000,
        )
        got = call.read(virtual.execute_command(*call.at(now_us).evalsha))
        left = max(ends_us - now_us, 0)
        assert type(got) is expected
        assert (got.value, got.ends_in.total_seconds()) == (value, left / 1_000_000)
