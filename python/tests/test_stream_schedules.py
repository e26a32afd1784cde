"""A stream's promises over random schedules: who may end a delivery, what a claim gives, that nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import evidence
from stream_receipts import Naive, Ours
from stream_world import World

STEPS = 60


def play(
    client: Any, kind: type[Ours] | type[Naive], seed: int, schedules: int, *, has_lives: bool = True
) -> tuple[Counter[str], int]:
    faults: Counter[str] = Counter()
    steps = 0
    for number in range(schedules):
        world = World(random.Random(f"{seed}:{number}"), client, kind, has_lives)
        world.play(STEPS)
        steps += world.steps
        if world.faults:
            print("schedule", number, dict(world.faults))
        faults.update(world.faults)
    return faults, steps


def test_a_group_is_what_the_model_says_whoever_crashes_or_comes_late(virtual: Any, seed: int, scale: float) -> None:
    schedules = max(int(100 * scale), 10)
    faults, steps = play(virtual, Ours, seed, schedules)
    evidence.record("deliveries", "steps", count=steps, seed=seed, violations=faults.total())
    assert faults == Counter()


def test_a_bare_ack_and_a_bare_claim_fail_the_same_schedules(virtual: Any, seed: int) -> None:
    """The control: without the look at the owner, late consumers end and steal what is not theirs."""
    faults, _ = play(virtual, Naive, seed, 50)
    evidence.control("deliveries", faults)
    assert faults["an ack of who has it no more counts"] > 0
    assert faults["a renewal steals a message back"] > 0


def test_one_name_for_all_lives_fails_the_same_schedules(virtual: Any, seed: int) -> None:
    """The control: under a bare name, a receipt of a former life comes to mean a delivery of the next one."""
    faults: Counter[str] = Counter()
    for round_ in range(100):  # about one schedule of forty meets it
        faults.update(play(virtual, Ours, seed + round_, 20, has_lives=False)[0])
        if faults:
            break
    evidence.control("deliveries", {f"under one name: {what}": count for what, count in faults.items()})
    assert faults
    assert all("of who has it no more" in what or "steals" in what or "burial" in what for what in faults)
