"""A server whose memory is full: taking is refused whole, whoever stands in the queue, and giving back serves it."""

from __future__ import annotations

from typing import Any

import pytest

import redis_patterns as patterns
from conftest import Server
from keyspace import leaves
from redis_patterns.locks import calls as lock
from redis_patterns.locks import redlock_calls as redlock
from redis_patterns.locks import semaphore_calls as semaphore
from redis_patterns.runner import run
from redis_patterns.script import ScriptCall

START_US = 4_102_444_800_000_000
TTL_US = 1_000_000


def take(kind: str, owner: str, patience_us: int = 0) -> ScriptCall[Any]:
    if kind == "lock":
        return lock.acquire(lock.Keys.of("x"), owner=owner, ttl_us=TTL_US, patience_us=patience_us)
    keys = semaphore.Keys.of("x")
    return semaphore.acquire(keys, owner=owner, weight=2, limit=3, ttl_us=TTL_US, patience_us=patience_us)


def give_back(kind: str, owner: str) -> ScriptCall[Any]:
    if kind == "lock":
        return lock.release(lock.Keys.of("x"), owner=owner)
    return semaphore.release(semaphore.Keys.of("x"), owner=owner)


@pytest.mark.parametrize("kind", ["lock", "semaphore"])
@pytest.mark.parametrize("patience_us", [0, 500_000], ids=["once", "in the queue"])
@pytest.mark.parametrize(
    ("asker", "at_us"),
    [
        pytest.param("newcomer", 500_000, id="held"),
        pytest.param("newcomer", 1_000_000, id="free for a live waiter"),
        pytest.param("second", 1_000_000, id="free for somebody else, asked by a waiter"),
        pytest.param("first", 1_000_000, id="free for the asker"),
        pytest.param("newcomer", 3_000_000, id="free after dead waiters"),
        pytest.param("first", 3_000_000, id="free for an asker that was taken for dead"),
        pytest.param("holder", 500_000, id="asked again by its holder"),
    ],
)
def test_taking_at_full_memory_is_refused_and_changes_nothing(
    own_server: Server, kind: str, patience_us: int, asker: str, at_us: int
) -> None:
    client = own_server.client()
    run(client, take(kind, "holder").at(START_US))
    for number, owner in enumerate(("first", "second")):
        run(client, take(kind, owner, 1_900_000).at(START_US + 100 + number))
    before = leaves(client, START_US)
    client.config_set("maxmemory", 1)
    call = take(kind, asker, patience_us).at(START_US + at_us)
    if asker == "newcomer" and at_us == 500_000 and not patience_us:
        assert isinstance(run(client, call), lock.Held)  # nothing is taken, so nothing is refused
    else:
        with pytest.raises(patterns.RedisError) as caught:
            run(client, call)
        assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    assert leaves(client, START_US) == before


@pytest.mark.parametrize("kind", ["lock", "semaphore"])
def test_giving_back_at_full_memory_serves_the_queue(own_server: Server, kind: str) -> None:
    client = own_server.client()
    run(client, take(kind, "holder").at(START_US))
    for number, owner in enumerate(("first", "second")):
        run(client, take(kind, owner, 1_900_000).at(START_US + 100 + number))
    client.config_set("maxmemory", 1)
    assert run(client, give_back(kind, "holder").at(START_US + 200)) == "released"
    client.config_set("maxmemory", 0)
    assert isinstance(run(client, take(kind, "first", 1_900_000).at(START_US + 300)), lock.Acquired)
    client.config_set("maxmemory", 1)
    assert run(client, give_back(kind, "second").at(START_US + 400)) == "left"
    assert run(client, give_back(kind, "first").at(START_US + 500)) == "released"
    client.config_set("maxmemory", 0)
    assert [key["key"] for key in leaves(client, START_US)] == [f"{kind}:{{x}}:fence"]


def test_renewing_permits_works_and_a_fenced_write_is_refused(own_server: Server) -> None:
    client = own_server.client()
    permits = patterns.Semaphore(client, "x", limit=2).acquire()
    value = patterns.FencedValue(client, "x", ttl=60)
    value.write(b"kept", fence=1)
    client.config_set("maxmemory", 1)
    permits.renew()
    permits.release()
    with pytest.raises(patterns.RedisError) as caught:
        value.write(b"new", fence=2)
    assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    assert value.read() == b"kept"
    client.config_set("maxmemory", 0)
    assert value.write(b"by the same", fence=1) == patterns.FencedWritten()


def test_a_node_with_a_full_memory_gives_no_new_vote_and_keeps_and_takes_back_old_ones(own_server: Server) -> None:
    client, keys = own_server.client(), redlock.Keys.of("x")

    def vote(owner: str, at_us: int) -> Any:
        call = redlock.acquire(keys, owner=owner, ttl_us=TTL_US, longest_us=TTL_US, uptime_us=TTL_US + 1)
        return run(client, call.at(START_US + at_us))

    assert vote("a", 0) == redlock.VoteGranted()
    client.config_set("maxmemory", 1)
    assert isinstance(vote("b", 10), lock.Held)
    assert run(client, redlock.renew(keys, owner="a", ttl_us=TTL_US).at(START_US + 20)) == "renewed"
    assert run(client, redlock.release(keys, owner="a").at(START_US + 30)) == "released"
    with pytest.raises(patterns.RedisError) as caught:
        vote("b", 40)
    assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    assert leaves(client, START_US) == []
