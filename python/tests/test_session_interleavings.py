"""What has ended stays ended, and nobody's field is lost: over random interleavings, with the class that ships."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import evidence
from redis_patterns.script import scripts
from session_world import Fields, Ours, Store, Whole, interleave
from turns import Connection, World


def play(client: Any, make: Callable[[Connection], Store], seed: int, count: int) -> tuple[Counter[str], Counter[str]]:
    faults, seen = Counter[str](), Counter[str]()
    for name, script in scripts().items():
        if name.startswith("session_"):
            client.script_load(script.source)

    async def every() -> None:
        for number in range(count):
            world = World(random.Random(f"{seed}:{number}"), client)
            client.flushdb()
            found = await interleave(world, make)
            if found:
                print("interleaving", number, dict(found))
            faults.update(found)
            seen.update(world.seen)

    asyncio.run(every())
    return faults, seen


def test_no_session_comes_back_none_is_immortal_and_no_field_is_lost(virtual: Any, seed: int, scale: float) -> None:
    count = max(int(1_000 * scale), 20)
    faults, seen = play(virtual, Ours, seed, count)
    print(count, "interleavings", dict(seen))
    evidence.record("sessions", "interleavings", count=count, seed=seed, violations=faults.total(), seen=seen)
    assert faults == Counter()
    assert seen["saves"] > count


def test_get_and_set_bring_sessions_back_and_lose_fields(virtual: Any, seed: int) -> None:
    """A control: the whole session in one value, read and written back."""
    faults, _ = play(virtual, Whole, seed, 200)
    evidence.control("sessions", {f"GET and SET: {fault}": count for fault, count in faults.items()})
    assert faults["an ended session came back"] > 0
    assert faults["a saved field is lost"] > 0


def test_hset_and_expire_bring_sessions_back_and_leave_them_for_ever(virtual: Any, seed: int) -> None:
    """A control: fields merge, but a change after the end makes the session anew, for a while or for ever."""
    faults, _ = play(virtual, Fields, seed, 200)
    evidence.control("sessions", {f"HGETALL, HSET and EXPIRE: {fault}": count for fault, count in faults.items()})
    assert faults["an ended session came back"] > 0
    assert faults["a key has no expiry"] > 0
