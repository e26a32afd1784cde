"""Locks and semaphores whose keys hold something else: giving back is an error, and nothing was written."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from keyspace import expires_ms
from redis_patterns.locks import calls as locks
from redis_patterns.locks import semaphore_calls as permits

START_US = 4_102_444_800_000_000
TTL_US = 1_000_000
LOCK, PERMITS = locks.Keys.of("x"), permits.Keys.of("x")
FOREIGN = [("SET", "mine"), ("SET", "9" * 30), ("RPUSH", "mine"), ("HSET", "mine", "1"), ("ZADD", "1", "mine")]


def lock(owner: str, patience_us: int = 0) -> Any:
    return locks.acquire(LOCK, owner=owner, ttl_us=TTL_US, patience_us=patience_us)


def permit(owner: str, patience_us: int = 0) -> Any:
    return permits.acquire(PERMITS, owner=owner, weight=1, limit=1, ttl_us=TTL_US, patience_us=patience_us)


CALLS: dict[str, tuple[list[Any], Any]] = {
    "a lock is released": ([lock("a"), lock("b", TTL_US)], locks.release(LOCK, owner="a")),
    "a lock is left": ([lock("a"), lock("b", TTL_US)], locks.release(LOCK, owner="b")),
    "a permit is released": ([permit("a"), permit("b", TTL_US)], permits.release(PERMITS, owner="a")),
    "a permit is left": ([permit("a"), permit("b", TTL_US)], permits.release(PERMITS, owner="b")),
}


def everything(client: Any) -> dict[bytes, Any]:
    return {key: (client.dump(key), expires_ms(client, key)) for key in client.scan_iter()}


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_given_back_is_an_error_that_wrote_nothing(virtual: Any, name: str) -> None:
    before, call = CALLS[name]
    errors = 0
    for key in call.keys:
        for verb, *words in FOREIGN:
            virtual.flushdb()
            for earlier in before:
                virtual.execute_command(*earlier.at(START_US).eval)
            virtual.delete(key)
            virtual.execute_command(verb, key, *words)
            stood = everything(virtual)
            try:
                virtual.execute_command(*call.at(START_US + 1).eval)
            except redis.ResponseError as error:
                errors += 1
                if verb != "HSET":  # a hash of somebody else's may be told only by its fields
                    assert "WRONGTYPE" in str(error), (key, verb, error)
                    assert everything(virtual) == stood, (key, verb)
    assert errors >= 8
