"""The queue's promises over random schedules: no job lost, none done by two at a time, attempts counted, in order.

And a holder may end its job, or be given it again, until somebody else is given it.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import evidence
from queue_world import Naive, Ours, World

STEPS = 60


def play(
    client: Any, implementation: type[Ours] | type[Naive], seed: int, schedules: int
) -> tuple[Counter[str], Counter[str]]:
    faults: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for number in range(schedules):
        world = World(random.Random(f"{seed}:{number}"), implementation(client, f"q{number}"))
        world.run(STEPS)
        seen += Counter(handed=world.handed, late=world.late)
        if +world.faults and implementation is Ours:
            print("schedule", number, dict(world.faults))
        faults.update(world.faults)
    return +faults, seen


def test_no_job_is_lost_though_workers_crash(virtual: Any, seed: int, scale: float) -> None:
    schedules = max(int(100 * scale), 20)
    faults, seen = play(virtual, Ours, seed, schedules)
    print(schedules, "schedules", dict(seen))
    evidence.record("queue", "schedules", count=schedules, seed=seed, violations=faults.total(), seen=seen)
    assert faults == Counter()
    assert seen["handed"] > 10 * schedules
    assert seen["late"] > schedules / 10, "jobs were ended after their lease, by who still had them"


def test_a_queue_without_leases_loses_jobs(virtual: Any, seed: int) -> None:
    """The control: RPOPLPUSH and LREM must be seen to fail in the same world."""
    faults, _ = play(virtual, Naive, seed, 60)
    print(dict(faults))
    evidence.control("queue", faults)
    assert faults["a job is lost"] > 0
