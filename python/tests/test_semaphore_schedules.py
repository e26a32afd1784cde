"""The semaphore's promises over random schedules: never too many, first come first served, nobody forgotten."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import evidence
from semaphore_world import World
from semaphores import NaiveCounter, NaiveSet, Ours

STEPS = 25


def play(
    client: Any, implementation: type[Ours | NaiveCounter | NaiveSet], seed: int, schedules: int
) -> tuple[Counter[str], int]:
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


def test_the_semaphore_keeps_its_promises_when_clients_crash_and_no_message_arrives(
    virtual: Any, seed: int, scale: float
) -> None:
    schedules = max(int(500 * scale), 20)
    faults, grants = play(virtual, Ours, seed, schedules)
    print(schedules, "schedules", grants, "grants")
    evidence.record(
        "semaphore", "schedules", count=schedules, seed=seed, violations=faults.total(), seen={"grants": grants}
    )
    assert faults == Counter()
    assert grants > 3 * schedules


def test_a_counter_of_permits_fails_the_same_schedules(virtual: Any, seed: int) -> None:
    """The control: INCR and DECR must be seen to leak what a crash held, and to starve."""
    faults, _ = play(virtual, NaiveCounter, seed, 150)
    evidence.control("semaphore", faults)
    assert faults["a waiter is never granted"] > 0
    assert faults["a waiter is passed"] > 0


def test_a_set_without_leases_of_its_own_fails_the_same_schedules(virtual: Any, seed: int) -> None:
    """The control: purging by the asker's own time to live grants the permits of a longer lease twice."""
    faults, _ = play(virtual, NaiveSet, seed, 150)
    evidence.control("semaphore", faults)
    assert faults["more are at work than permits"] > 0
    assert faults["a waiter is passed"] > 0
