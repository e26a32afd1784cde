"""Redlock on five real servers: killed, stopped in their tracks, restarted without their data."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import runpy
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

import evidence
import redis_patterns as patterns
import redis_patterns.aio
from conformance import ROOT
from conftest import Server
from redis_patterns import Held, LockError, Redlock, RedlockLease, RedlockRefusal, VoteFailed, VoteGranted
from redis_patterns._clock import clock
from waiting import until

LONGEST = 3.0
"""Seconds. A node votes when it is two older: its uptime counts whole seconds."""
NAIVE = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0"


def age(nodes: list[Server], seconds: float = LONGEST) -> None:
    """Waits until the nodes vote."""
    for node in nodes:
        client = node.client()
        until(lambda: client.info("server")["uptime_in_seconds"] > seconds + 1, within=30)  # noqa: B023


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[Server]]:
    nodes = [Server() for _ in range(5)]
    yield nodes
    for node in nodes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(node.process.pid, signal.SIGCONT)
        node.stop()


@pytest.fixture
def nodes(cluster: list[Server]) -> list[Server]:
    """All up and old enough to vote."""
    for node in cluster:
        if node.process.poll() is not None:
            node.restart()
    age(cluster)
    return cluster


def clients(nodes: list[Server]) -> list[Any]:
    return [node.client() for node in nodes]


def nobody() -> Any:
    """A client of a server that is not there."""
    return patterns.connect(f"unix:///tmp/{secrets.token_hex(8)}/nobody")


def name() -> str:
    """Another for each test: a node that stood still runs late what was sent to it before."""
    return os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition(" ")[0]


def key() -> str:
    return f"redlock:{{{name()}}}"


def make(nodes: list[Any], **options: Any) -> Redlock:
    # A node's time is generous: the machine may be slow, and a slow node is no fault here.
    return Redlock(nodes, name(), **{"ttl": LONGEST, "longest_ttl": LONGEST, "node_timeout": 1.0} | options)


def test_a_majority_excludes_and_gives_back_everywhere(nodes: list[Server]) -> None:
    lock = make(clients(nodes))
    with lock as lease:
        assert timedelta(seconds=1) < lease.remaining < timedelta(seconds=LONGEST)
        refused = make(clients(nodes)).try_acquire()
        assert isinstance(refused, RedlockRefusal)
        assert refused.reason == "held"
        assert all(isinstance(vote, Held) for vote in refused.votes)
        assert all(0 < node.client().pttl(key()) <= LONGEST * 1000 + 2 for node in nodes)
    assert [node.client().exists(key()) for node in nodes] == [0] * 5


def test_each_operation_is_one_call_to_each_node(nodes: list[Server]) -> None:
    lock = make(clients(nodes))
    watchers = clients(nodes)

    def calls(work: Callable[[], object]) -> list[int]:
        for watcher in watchers:
            watcher.config_resetstat()
        with contextlib.suppress(LockError, patterns.RedisError):
            work()
        stats = [watcher.info("commandstats") for watcher in watchers]
        return [stat.get("cmdstat_evalsha", {"calls": 0})["calls"] for stat in stats]

    # Again where a machine that stalls made a node late: then more calls are right, to give back.
    once = [1] * 5
    until(lambda: calls(lock.try_acquire) == once, within=60)
    until(lambda: calls(lock.acquire().renew) == once, within=60)
    until(lambda: calls(lock.acquire().release) == once, within=60)


def test_the_example_prints_its_transcript_as_a_script_and_as_a_function(nodes: list[Server], namespace: str) -> None:
    folder, urls = ROOT / "docs" / "examples", [node.url for node in nodes[:3]]
    golden = (folder / "output" / "redlock.txt").read_text("utf-8")
    script = folder / "python" / "redlock.py"
    ran = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "REDIS_NODES": " ".join(urls)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.stderr, ran.stdout) == ("", golden)
    told = runpy.run_path(str(script))["run"]({"nodes": urls, "namespace": namespace})
    assert "".join(f"{line}\n" for line in told["transcript"]) == golden


def test_nodes_that_stand_still_cost_their_time_and_no_more(nodes: list[Server]) -> None:
    lock = make(clients(nodes), node_timeout=0.3)
    lock.acquire().release()
    for node in nodes[:2]:
        node.process.send_signal(signal.SIGSTOP)
    try:
        lease = lock.acquire()
        nodes[2].process.send_signal(signal.SIGSTOP)
        begun = clock()
        refused = make(clients(nodes), node_timeout=0.3).try_acquire()
        assert clock() - begun < 5
        assert isinstance(refused, RedlockRefusal)
        codes = [vote.error.code for vote in refused.votes[:3] if isinstance(vote, VoteFailed)]
        assert codes == [patterns.Code.TIMEOUT] * 3
        assert refused.reason == "unavailable"
        with pytest.raises((patterns.RedisError, LockError), match=r"TIMEOUT|LOCKLOST"):
            lease.renew()
    finally:
        for node in nodes[:3]:
            node.process.send_signal(signal.SIGCONT)


def two_holders_after_a_restart(nodes: list[Server], take: Callable[[list[Any]], object | None]) -> bool:
    """One takes the lock of three nodes, cut off from the others; one of the three forgets; another asks all five."""
    until(lambda: take([*clients(nodes[:3]), nobody(), nobody()]) is not None)
    nodes[0].restart()
    return take(clients(nodes)) is not None


def test_a_node_that_restarted_abstains_and_a_second_holder_is_refused(nodes: list[Server]) -> None:
    refusals: list[RedlockRefusal] = []

    def take(of: list[Any]) -> RedlockLease | None:
        got = make(of).try_acquire()
        if isinstance(got, RedlockRefusal):
            refusals.append(got)
            return None
        return got

    assert not two_holders_after_a_restart(nodes, take)
    assert [type(vote) for vote in refusals[-1].votes] == [patterns.VoteAbstained, Held, Held, VoteGranted, VoteGranted]


def test_without_abstention_the_same_restart_makes_two_holders(cluster: list[Server]) -> None:
    """The control: SET NX PX on every node and a majority, as usually found."""

    def take(of: list[Any]) -> object | None:
        votes = 0
        for client in of:
            with contextlib.suppress(patterns.RedisError, OSError, Exception):
                votes += client.eval(NAIVE, 1, f"naive:{name()}", secrets.token_hex(8), int(LONGEST * 1000))
        return votes if votes >= 3 else None

    assert two_holders_after_a_restart(cluster, take)
    evidence.control("redlock", {"two holders after a restart, without abstention": 1})


def test_two_of_five_may_be_dead_and_the_loss_of_a_third_is_told_in_time(nodes: list[Server]) -> None:
    for node in nodes[:2]:
        node.process.kill()
        node.process.wait()
    lock = make(clients(nodes))
    with pytest.raises(LockError, match="LOCKLOST"), lock as lease:
        nodes[2].process.kill()
        nodes[2].process.wait()
        assert lease.wait_lost(20)
    refused = lock.try_acquire()
    assert isinstance(refused, RedlockRefusal)
    assert refused.reason == "unavailable"
    assert [type(vote) for vote in refused.votes[:3]] == [VoteFailed] * 3
    dead = [vote.error.code for vote in refused.votes[:3] if isinstance(vote, VoteFailed)]  # a live one may be late
    assert dead == [patterns.Code.CONNECT] * 3
    until(
        lambda: (
            isinstance(refused := lock.try_acquire(), RedlockRefusal)
            and refused.votes[3:] == (VoteGranted(), VoteGranted())
        )
    )
    # What was granted was given back.
    assert [node.client().exists(key()) for node in nodes[3:]] == [0, 0]

    def said() -> str:
        with pytest.raises(LockError, match="LOCKQUORUM: ") as caught:
            lock.acquire(wait=0.1)
        return str(caught.value)

    until(lambda: "unavailable (3 CONNECT, 2 granted)" in said(), within=60)  # a slow machine makes a live one late


@dataclass
class Turn:
    """When somebody believed to hold the lock."""

    begun: float
    ended: float


def test_no_two_hold_at_once_while_nodes_die_stop_and_restart(cluster: list[Server], seed: int, scale: float) -> None:
    """Four workers under chaos; a turn lasts at most to the deadline that its holder knows."""
    longest, rng, turns = 1.0, random.Random(seed), list[Turn]()
    for node in cluster:
        if node.process.poll() is not None:
            node.restart()
    age(cluster, longest)
    asked = max(int(15 * scale), 5)

    async def work() -> None:
        own = [redis_patterns.aio.connect(node.url, timeout=1.0, connect_timeout=1.0) for node in cluster]
        lock = redis_patterns.aio.Redlock(own, "chaos", ttl=0.9, longest_ttl=longest, node_timeout=0.2)
        pause = random.Random(rng.random())
        while len(turns) < asked:
            got = await lock.try_acquire()
            if isinstance(got, RedlockRefusal):
                await asyncio.sleep(pause.uniform(0.01, 0.05))
                continue
            turn = Turn(clock(), 0)
            if pause.random() < 0.2:  # it dies: nothing is given back
                turn.ended = got._end
            else:
                await asyncio.sleep(pause.uniform(0, 0.3))
                turn.ended = min(clock(), got._end)
                with contextlib.suppress(LockError, patterns.RedisError):
                    await got.release()
            turns.append(turn)
        for client in own:
            await client.aclose()

    async def trouble() -> None:
        while len(turns) < asked:
            node = cluster[rng.randrange(5)]
            if rng.random() < 0.5:
                await asyncio.to_thread(node.restart)
            else:
                node.process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(rng.uniform(0.1, 0.6))
                node.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(rng.uniform(0.3, 1.0))

    async def main() -> None:
        await asyncio.wait_for(asyncio.gather(trouble(), *(work() for _ in range(4))), 120 + asked)

    asyncio.run(main())
    turns.sort(key=lambda turn: turn.begun)
    overlaps = sum(later.begun < earlier.ended for earlier, later in itertools.pairwise(turns))
    evidence.record("redlock", "turns", count=len(turns), seed=seed, violations=overlaps)
    assert overlaps == 0


def test_bad_options_are_refused_before_anything_is_sent() -> None:
    some = [nobody() for _ in range(5)]
    for nodes, options in (
        (some[:1], {}),
        (some[:4], {}),
        (some, {"ttl": 61.0}),
        (some, {"ttl": 0.0001}),
        (some, {"node_timeout": 4.0}),
        (some, {"namespace": ""}),
    ):
        with pytest.raises(patterns.RedisError) as caught:
            Redlock(nodes, "x", **options)
        assert caught.value.code is patterns.Code.ARGUMENT
