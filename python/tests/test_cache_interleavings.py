"""A delete always wins: over random interleavings at the grain of round trips, with the classes that ship."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import evidence
from cache_world import AnyCache, Mode, NaiveCache, NaiveTags, interleave, ours, without_versions
from redis_patterns import _aio
from redis_patterns.caching import aio, load_aio
from redis_patterns.script import scripts
from turns import Connection, World


def play(
    client: Any,
    make: Callable[[Connection], AnyCache],
    seed: int,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
    mode: Mode = "deletes",
) -> tuple[Counter[str], Counter[str]]:
    faults, seen = Counter[str](), Counter[str]()
    logging.getLogger("redis_patterns").setLevel(logging.CRITICAL)
    for name, script in scripts().items():
        if name.startswith("cache_"):
            client.script_load(script.source)

    async def every() -> None:
        for number in range(count):
            world = World(random.Random(f"{seed}:{number}"), client)
            monkeypatch.setattr(_aio, "sleep", world.turn)
            monkeypatch.setattr(aio, "clock", world.clock)
            monkeypatch.setattr(load_aio, "clock", world.clock)
            client.flushdb()
            found = await interleave(world, make, mode)
            if found:
                print("interleaving", number, dict(found))
            faults.update(found)
            seen.update(world.seen)

    asyncio.run(every())
    return faults, seen


def test_no_read_is_older_than_a_delete_that_came_before_it(
    virtual: Any, seed: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = max(int(1_000 * scale), 20)
    faults, seen = play(virtual, ours, seed, count, monkeypatch)
    print(count, "interleavings", dict(seen))
    evidence.record("cache", "interleavings", count=count, seed=seed, violations=faults.total(), seen=seen)
    assert faults == Counter()
    assert seen["reads"] > 3 * count
    assert seen["marks"] > 0


def test_the_common_cache_serves_what_was_deleted(virtual: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: get, set and del must be seen to fail in the same world."""
    faults, _ = play(virtual, NaiveCache, seed, 300, monkeypatch)
    evidence.control("cache", faults)
    assert faults["a read after a delete is older than the delete"] > 0
    assert faults["a stale value stays"] > 0


def test_in_whatever_order_writers_arrive_nothing_older_than_an_acknowledged_version_is_read(
    virtual: Any, seed: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = max(int(250 * scale), 20)
    faults, seen = play(virtual, ours, seed, count, monkeypatch, "versions")
    print(count, "interleavings", dict(seen))
    evidence.record("cache", "versioned interleavings", count=count, seed=seed, violations=faults.total(), seen=seen)
    assert faults == Counter()
    assert seen["puts"] > count


def test_puts_without_versions_leave_an_older_value(virtual: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the writer that arrives last wins, whatever it carries."""
    faults, _ = play(virtual, without_versions, seed, 100, monkeypatch, "versions")
    evidence.control("cache", {f"{fault}, without versions": number for fault, number in faults.items()})
    assert faults["a stale value stays"] > 0


def test_no_read_is_older_than_a_delete_of_its_tag_that_came_before_it(
    virtual: Any, seed: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = max(int(250 * scale), 20)
    faults, seen = play(virtual, ours, seed, count, monkeypatch, "tags")
    print(count, "interleavings", dict(seen))
    evidence.record("cache", "tagged interleavings", count=count, seed=seed, violations=faults.total(), seen=seen)
    assert faults == Counter()
    assert seen["reads"] > 3 * count
    assert seen["tags"] > count / 2


def test_a_set_of_the_tagged_keys_misses_what_is_being_loaded(
    virtual: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the common form of tags in the same world."""
    faults, _ = play(virtual, NaiveTags, seed, 100, monkeypatch, "tags")
    evidence.control("cache", {f"{fault}, with a set of keys": number for fault, number in faults.items()})
    assert faults["a stale value stays"] > 0
