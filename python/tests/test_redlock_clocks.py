"""What a Redlock node does when its clock is set: a real server whose clock a preloaded library moves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Server
from redis_patterns.locks import redlock_calls as calls
from redis_patterns.locks.calls import Held
from redis_patterns.locks.redlock_calls import VoteAbstained, VoteGranted
from waiting import until

SECOND = 1_000_000
HOUR = timedelta(hours=1)
KEYS = calls.Keys.of("x")
COMPILER = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")


class Node:
    """A server and the hand on its clock."""

    def __init__(self, server: Server, shift: Path) -> None:
        self.server, self.client, self._shift = server, server.client(), shift

    def set_clock(self, by: timedelta) -> None:
        before = self._uptime()
        self._shift.write_text(str(int(by.total_seconds())))
        until(lambda: abs(self._uptime() - before) > HOUR.total_seconds() / 2)

    def _uptime(self) -> float:
        return float(self.client.info("server")["uptime_in_seconds"])

    def ask(self, owner: str, longest: int = SECOND) -> Any:
        call = calls.acquire(KEYS, owner=owner, ttl_us=longest, longest_us=longest)
        return call.read(self.client.execute_command(*call.eval))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    if COMPILER is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and LD_PRELOAD")
    library, shift = tmp_path / "clock.so", tmp_path / "shift"
    source = str(Path(__file__).with_name("clock_shift.c"))
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), source], check=True)
    shift.write_text("0")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_SHIFT", str(shift))
    server = Server()
    monkeypatch.delenv("LD_PRELOAD")
    yield Node(server, shift)
    server.stop()


def test_a_node_whose_clock_was_set_back_abstains_for_longer(node: Node) -> None:
    until(lambda: isinstance(node.ask("a"), VoteGranted))
    node.set_clock(-HOUR)
    vote = node.ask("b")  # its uptime is below zero: less than the longest lease all the more
    assert isinstance(vote, VoteAbstained)
    assert timedelta(minutes=59) < vote.retry_after < timedelta(minutes=61)


def test_a_clock_set_forward_ends_a_lease_as_early_as_an_abstention(node: Node) -> None:
    """So the abstention is as good as the lease that it protects, and no better: a node's clock must not jump ahead."""
    longest = int(timedelta(minutes=30).total_seconds()) * SECOND
    assert isinstance(node.ask("a", longest), VoteAbstained)
    node.set_clock(HOUR)
    assert isinstance(node.ask("a", longest), VoteGranted)  # the abstention ended early
    assert isinstance(node.ask("b", longest), Held)
    node.set_clock(2 * HOUR)
    assert isinstance(node.ask("b", longest), VoteGranted)  # and so did the lease
