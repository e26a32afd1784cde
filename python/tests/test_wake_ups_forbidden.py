"""A user without any channel, Redis 7's default for a new one: wake-ups are lost, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conftest import Server
from redis_patterns.locks import calls as locks
from redis_patterns.locks import semaphore_calls as semaphores
from redis_patterns.script import ScriptCall


def lock(owner: str, patience_us: int) -> ScriptCall[Any]:
    return locks.acquire(locks.Keys.of("x"), owner=owner, ttl_us=100_000, patience_us=patience_us)


def permit(owner: str, patience_us: int) -> ScriptCall[Any]:
    keys = semaphores.Keys.of("x")
    return semaphores.acquire(keys, owner=owner, weight=1, limit=1, ttl_us=100_000, patience_us=patience_us)


@pytest.mark.parametrize("ask", [lock, permit])
def test_a_hand_over_is_written_whole(own_server: Server, ask: Callable[[str, int], ScriptCall[Any]]) -> None:
    own_server.client().execute_command("ACL", "SETUSER", "default", "resetchannels")
    client: Any = own_server.client()
    now = 4_102_444_800_000_000
    assert client.execute_command(*ask("a", 0).at(now).eval)[0] == b"acquired"
    assert client.execute_command(*ask("b", 5_000_000).at(now).eval)[0] == b"waiting"
    # The first lease has ended: the next question hands over to the one who waits, and would wake it.
    assert client.execute_command(*ask("c", 5_000_000).at(now + 200_000).eval)[0] in (b"waiting", b"held")
    assert client.execute_command(*ask("b", 5_000_000).at(now + 200_000).eval)[0] == b"acquired"
    assert all(client.pttl(key) > 0 for key in client.scan_iter("*"))
    client.close()
