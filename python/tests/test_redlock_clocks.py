"""What a Redlock node does when its clock is set: a real server whose clock a preloaded library moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clock_world import Clocked, clocked
from redis_patterns.locks import redlock_calls as calls
from redis_patterns.locks.calls import Held
from redis_patterns.locks.redlock_calls import VoteAbstained, VoteGranted
from waiting import until

SECOND = 1_000_000
HOUR = timedelta(hours=1)
KEYS = calls.Keys.of("x")


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clocked]:
    yield from clocked(tmp_path, monkeypatch)


def ask(node: Clocked, owner: str, longest: int = SECOND) -> Any:
    return node.send(calls.acquire(KEYS, owner=owner, ttl_us=longest, longest_us=longest))


def test_a_node_whose_clock_was_set_back_abstains_for_longer(node: Clocked) -> None:
    until(lambda: isinstance(ask(node, "a"), VoteGranted))
    node.set_clock(-HOUR)
    vote = ask(node, "b")  # its uptime is below zero: less than the longest lease all the more
    assert isinstance(vote, VoteAbstained)
    assert timedelta(minutes=59) < vote.retry_after < timedelta(minutes=61)


def test_a_clock_set_forward_ends_a_lease_as_early_as_an_abstention(node: Clocked) -> None:
    """So the abstention is as good as the lease that it protects, and no better: a node's clock must not jump ahead."""
    longest = int(timedelta(minutes=30).total_seconds()) * SECOND
    assert isinstance(ask(node, "a", longest), VoteAbstained)
    node.set_clock(HOUR)
    assert isinstance(ask(node, "a", longest), VoteGranted)  # the abstention ended early
    assert isinstance(ask(node, "b", longest), Held)
    node.set_clock(2 * HOUR)
    assert isinstance(ask(node, "b", longest), VoteGranted)  # and so did the lease
