"""A real server's clock jumps a year ahead and is corrected: what was done then blocks nothing for a year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from clock_world import Clocked, clocked
from redis_patterns import Limit
from redis_patterns.caching import calls as caching
from redis_patterns.locks import calls as locks
from redis_patterns.locks import redlock_calls as votes
from redis_patterns.locks import semaphore_calls as permits
from redis_patterns.locks.calls import Acquired
from redis_patterns.rate_limiting import calls as limits
from redis_patterns.script import ScriptCall
from redis_patterns.structures import board, queue, series, unique
from waiting import until

AHEAD = timedelta(days=360)
TTL_US = 300_000
LOCK, PERMITS, VOTE, ENTRY = locks.Keys.of("x"), permits.Keys.of("x"), votes.Keys.of("x"), caching.Keys.of("x")
GAME = board.Board(name="x", windows=("hour", "day", "week", "month"))
JOBS, SEEN = queue.Queue(name="x"), unique.Unique(name="x")


def lock(owner: str) -> ScriptCall[Any]:
    return locks.acquire(LOCK, owner=owner, ttl_us=TTL_US)


def permit(owner: str) -> ScriptCall[Any]:
    return permits.acquire(PERMITS, owner=owner, weight=1, limit=1, ttl_us=TTL_US)


def vote(owner: str) -> ScriptCall[Any]:
    return votes.acquire(VOTE, owner=owner, ttl_us=TTL_US, longest_us=TTL_US, uptime_us=TTL_US + 1)


def load(token: str) -> ScriptCall[Any]:
    return caching.acquire(ENTRY, token=token, ttl_us=TTL_US)


def take(kind: str) -> ScriptCall[Any]:
    if kind == "aligned_window":
        return limits.take(kind, [Limit.fixed_window(2, per=0.3, aligned=True)], cost=2)
    return limits.take(kind, [getattr(Limit, kind)(2, per=0.3)], cost=2)


KINDS = ("token_bucket", "fixed_window", "aligned_window", "sliding_window", "sliding_log")
MEANWHILE: list[ScriptCall[Any]] = [
    lock("dead"),
    permit("dead"),
    vote("dead"),
    load("dead"),
    queue.push(JOBS, id="out"),
    queue.pop(JOBS, token="dead", lease_us=TTL_US),
    queue.push(JOBS, id="put-off", delay_us=TTL_US),
    board.submit(GAME, id="early", score=9),
    unique.add(SEEN, items=["early"]),
    series.add("x", value=1, keep_us=TTL_US),
    *(take(kind) for kind in KINDS),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocked]:
    """One server whose clock was a year ahead while all this was done, and is right again."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for world in clocked(tmp_path_factory.mktemp("clock"), monkeypatch):
            world.set_clock(AHEAD)
            for call in MEANWHILE:
                world.send(call)
            world.client.set("naive:lock", "dead", nx=True, px=300)
            world.set_clock(timedelta())
            yield world


def jobs(world: Clocked) -> Callable[[], bool]:
    given: set[str] = set()

    def both() -> bool:
        job = world.send(queue.pop(JOBS, token=f"t{len(given)}", lease_us=60_000_000))
        if isinstance(job, queue.Handed):
            given.add(job.id)
        return given == {"out", "put-off"}

    return both


def test_leases_of_the_dead_end(world: Clocked) -> None:
    until(lambda: isinstance(world.send(lock("next")), Acquired))
    until(lambda: isinstance(world.send(permit("next")), Acquired))
    until(lambda: isinstance(world.send(vote("next")), votes.VoteGranted))
    until(lambda: isinstance(world.send(load("next")), caching.Win))
    until(jobs(world))


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_lets_pass_again(world: Clocked, kind: str) -> None:
    until(lambda: bool(world.send(take(kind)).allowed))


def test_what_follows_the_clock_follows_it_again(world: Clocked) -> None:
    world.send(board.submit(GAME, id="late", score=1))
    world.send(unique.add(SEEN, items=["late"]))
    for window in GAME.windows:
        page = world.send(board.page(GAME, window=window))
        assert [row.id for row in page.rows] == ["late"], window
    assert world.send(unique.count(SEEN)).items == 1
    point = world.send(series.add("x", value=2, keep_us=TTL_US))
    assert point.points == 1
    assert abs(point.at_us / 1e6 - world.client.time()[0]) < AHEAD.total_seconds() / 2


def test_a_fence_is_kept_until_the_clock_is_past_it(world: Clocked) -> None:
    until(lambda: isinstance(world.send(lock("last")), Acquired))
    for keys in (LOCK.fence, PERMITS.fence):
        assert world.client.ttl(keys) > AHEAD.total_seconds()


def test_a_lock_by_set_nx_stays_taken(world: Clocked) -> None:
    """The control."""
    assert not world.client.set("naive:lock", "next", nx=True, px=300)
    assert world.client.ttl("naive:lock") > AHEAD.total_seconds() - 3600
