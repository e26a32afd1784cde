"""Every pattern goes on when the server has lost its scripts, and needs none sent along after `preload`."""

from __future__ import annotations

import asyncio
import os
import secrets
from typing import Any

import pytest
import redis

import redis_patterns
import redis_patterns.aio
from conformance import cases
from conftest import Server, free_port
from keyspace import leaves
from redis_patterns._scenario import build, perform
from redis_patterns.errors import RedisError
from redis_patterns.locks import calls as locks
from redis_patterns.script import scripts
from waiting import until

SCENARIOS = [case for _, case in cases("scenarios")]


def play(client: Any, case: dict[str, Any], before: Any = lambda client, number: client) -> int:
    """Plays a scenario and compares it with its vector. `before` each step it may do harm, and give another client.

    Says how many scripts the last server was sent along; looking at the keys afterwards sends one on Redis 6.2.
    """
    earlier = evals(client)
    for number, step in enumerate(case["steps"]):
        client = before(client, number)
        if "server" in step:
            client.execute_command(*step["server"])
            continue
        result = perform(client, step["operation"], step["given"], case["start_us"] + step["at_us"])
        assert result == step["expect"], f"{case['name']}, step {number + 1}"
    sent = evals(client)
    assert leaves(client, case["start_us"]) == sorted(case["leaves"], key=lambda entry: str(entry["key"]))
    return sent - earlier


def evals(client: redis.Redis) -> int:
    stats: dict[str, Any] = client.info("commandstats")
    return int(stats.get("cmdstat_eval", {"calls": 0})["calls"])


def test_scenarios_use_every_script() -> None:
    used = set()
    for case in SCENARIOS:
        for step in case["steps"]:
            if "operation" in step and not step["operation"].startswith("doctor."):
                try:
                    used.add(build(step["operation"], step["given"]).script.name)
                except RedisError:
                    continue
    assert set(scripts()) - used == set()


def test_every_scenario_survives_a_flush_of_the_scripts_before_every_step(own_server: Server) -> None:
    client = own_server.client()

    def flushed(client: redis.Redis, _: int) -> redis.Redis:
        client.script_flush()
        return client

    sent = 0
    for case in SCENARIOS:
        client.flushall()
        sent += play(client, case, flushed)
    assert sent > len(SCENARIOS)


def test_after_preload_no_script_is_sent_along(own_server: Server) -> None:
    client = own_server.client()
    redis_patterns.preload(client)
    for case in SCENARIOS:
        if not any("server" in step and step["server"][0] == "SCRIPT" for step in case["steps"]):
            client.flushall()
            assert play(client, case) == 0

    async def again() -> None:
        aclient = redis_patterns.aio.connect(own_server.url)
        await redis_patterns.aio.preload(aclient)
        await aclient.aclose()

    client.script_flush()
    asyncio.run(again())
    assert all(client.script_exists(*(script.sha1 for script in scripts().values())))


def test_without_a_second_attempt_the_same_flush_is_an_error(own_server: Server) -> None:
    client = own_server.client()
    redis_patterns.preload(client)
    call = locks.acquire(locks.Keys.of("x"), owner="a", ttl_us=1_000_000, patience_us=0)
    client.execute_command(*call.evalsha)
    client.script_flush()
    with pytest.raises(redis.exceptions.NoScriptError):
        client.execute_command(*call.evalsha)


def test_preload_says_when_scripts_are_forbidden(own_server: Server) -> None:
    client = own_server.client()
    password = secrets.token_hex(8)
    client.execute_command("ACL", "SETUSER", "reader", "on", f">{password}", "~*", "+get", "+ping")
    reader = redis_patterns.connect(f"unix://reader:{password}@{own_server.path}")
    with pytest.raises(RedisError) as caught:
        redis_patterns.preload(reader)
    assert caught.value.code == "NOPERM"
    reader.close()


def longest_scenarios() -> dict[str, dict[str, Any]]:
    """The longest scenario of each pattern that does nothing to the server itself."""
    longest: dict[str, dict[str, Any]] = {}
    for name, case in cases("scenarios"):
        pattern = name.split("/")[0]
        if pattern != "operations" and not any("server" in step for step in case["steps"]):
            longest[pattern] = max(longest.get(pattern, case), case, key=lambda each: len(each["steps"]))
    return longest


@pytest.mark.parametrize(("pattern", "case"), longest_scenarios().items(), ids=lambda value: str(value)[:20])
def test_a_scenario_survives_a_failover_in_its_middle(pattern: str, case: dict[str, Any], own_server: Server) -> None:
    """A replica holds the keys and none of the scripts; then it takes the socket of the primary, which is killed."""
    port = free_port()
    primary = Server("--port", str(port))
    try:
        follower = own_server.client()
        follower.execute_command("REPLICAOF", "127.0.0.1", port)
        until(lambda: bool(follower.info("replication")["master_link_status"] == "up"))

        def failover(client: redis.Redis, number: int) -> redis.Redis:
            if number == len(case["steps"]) // 2:
                assert client.execute_command("WAIT", 1, 30_000) == 1
                primary.process.kill()
                primary.process.wait()
                follower.execute_command("REPLICAOF", "NO", "ONE")
                os.replace(own_server.path, primary.path)
                client.connection_pool.disconnect()
            return client

        client = primary.client()
        assert play(client, case, failover) > 0, pattern
    finally:
        primary.stop()
