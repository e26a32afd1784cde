"""The queue's promises over random schedules: no job lost, none done by two at a time, attempts counted, in order."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import evidence
from queue_world import Naive, Ours, World

STEPS = 60


def play(client: Any, implementation: type[Ours] | type[Naive], seed: int, schedules: int) -> tuple[Counter[str], int]:
    faults: Counter[str] = Counter()
    handed = 0
    for number in range(schedules):
        world = World(random.Random(f"{seed}:{number}"), implementation(client, f"q{number}"))
        world.run(STEPS)
        handed += world.handed
        if +world.faults and implementation is Ours:
            print("schedule", number, dict(world.faults))
        faults.update(world.faults)
    return +faults, handed


def test_no_job_is_lost_though_workers_crash(virtual: Any, seed: int, scale: float) -> None:
    schedules = max(int(100 * scale), 20)
    faults, handed = play(virtual, Ours, seed, schedules)
    print(schedules, "schedules", handed, "jobs handed out")
    evidence.record(
        "queue", "schedules", count=schedules, seed=seed, violations=faults.total(), seen={"handed": handed}
    )
    assert faults == Counter()
    assert handed > 10 * schedules


def test_a_queue_without_leases_loses_jobs(virtual: Any, seed: int) -> None:
    """The control: RPOPLPUSH and LREM must be seen to fail in the same world."""
    faults, _ = play(virtual, Naive, seed, 60)
    print(dict(faults))
    evidence.control("queue", faults)
    assert faults["a job is lost"] > 0
