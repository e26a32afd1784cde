"""The lock's promises over random schedules: one holder, growing fences, first come first served, nobody forgotten."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import evidence
from lock_world import Naive, Ours, World

STEPS = 25


def play(client: Any, implementation: type[Ours] | type[Naive], seed: int, schedules: int) -> tuple[Counter[str], int]:
    faults: Counter[str] = Counter()
    grants = 0
    for number in range(schedules):
        world = World(random.Random(f"{seed}:{number}"), implementation(client, f"x{number}"))
        world.run(STEPS)
        grants += world.grants
        if world.faults:
            print("schedule", number, dict(world.faults))
        faults.update(world.faults)
    return faults, grants


def test_the_lock_keeps_its_promises_when_clients_crash_and_no_message_arrives(
    virtual: Any, seed: int, scale: float
) -> None:
    schedules = max(int(1_000 * scale), 20)
    faults, grants = play(virtual, Ours, seed, schedules)
    print(schedules, "schedules", grants, "grants")
    evidence.record("lock", "schedules", count=schedules, seed=seed, violations=faults.total(), seen={"grants": grants})
    assert faults == Counter()
    assert grants > 3 * schedules


def test_the_common_lock_does_not(virtual: Any, seed: int) -> None:
    """The control: SET NX, INCR and DEL must be seen to fail in the same world."""
    faults, _ = play(virtual, Naive, seed, 200)
    evidence.control("lock", faults)
    assert faults["two hold at once"] > 0
    assert faults["a newcomer overtakes"] > 0
    assert faults["a fence does not grow"] > 0
