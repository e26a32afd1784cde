"""A lock in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from datetime import timedelta
from typing import Any

import redis_patterns
import redis_patterns.aio


# --8<-- [start:guard]
class Ledger:
    """A resource that refuses a writer whose lease has passed on."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.newest = 0

    def post(self, entry: str, fence: int) -> bool:
        if fence < self.newest:
            return False
        self.newest = fence
        self.entries.append(entry)
        return True


# --8<-- [end:guard]


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])
    ledger = Ledger()

    # --8<-- [start:with]
    lock = redis_patterns.Lock(redis, "ledger", ttl=timedelta(minutes=1), namespace=namespace)
    with lock as lease:
        say(f"posted: {'yes' if ledger.post('first', lease.fence) else 'no'}")
    # --8<-- [end:with]

    # --8<-- [start:try]
    held = lock.try_acquire()
    match lock.try_acquire():
        case redis_patterns.Held(retry_after):
            say(f"held, for {math.ceil(retry_after / timedelta(minutes=1))} minute at most")
        case redis_patterns.Lease():
            say("acquired")
    # --8<-- [end:try]
    assert isinstance(held, redis_patterns.Lease)

    # --8<-- [start:wait]
    try:
        lock.acquire(wait=0.1)
    except redis_patterns.LockError as error:
        say(error.code)
    # --8<-- [end:wait]

    # --8<-- [start:fence]
    held.release()
    with lock as newer:
        say(f"fences grow: {'yes' if newer.fence > held.fence > lease.fence else 'no'}")
        ledger.post("second", newer.fence)
        late = ledger.post("late", held.fence)
        say(f"the late writer is refused: {'no' if late else 'yes'}")
    # --8<-- [end:fence]

    # --8<-- [start:fenced]
    report = redis_patterns.FencedValue(redis, "report", ttl=timedelta(hours=1), namespace=namespace)
    with lock as newest:
        report.write(b"new", fence=newest.fence)
        match report.write(b"late", fence=held.fence):
            case redis_patterns.FencedStale(fence):
                say(f"a value in Redis refuses it too: {'yes' if fence == newest.fence else 'no'}")
            case redis_patterns.FencedWritten():
                say("written")
    # --8<-- [end:fenced]

    # --8<-- [start:lost]
    try:
        with redis_patterns.Lock(redis, "ledger", ttl=1.0, namespace=namespace) as lease:
            redis.delete(f"{namespace}:lock:{{ledger}}")  # an operator's mistake
            lease.wait_lost(5)
            say(f"told inside the scope: {'yes' if lease.lost else 'no'}")
    except redis_patterns.LockError as error:
        say(error.code)
    # --8<-- [end:lost]

    # --8<-- [start:aio]
    async def one_at_a_time() -> bool:
        inside = most = 0
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            lock = redis_patterns.aio.Lock(redis, "ledger", namespace=namespace)

            async def work() -> None:
                nonlocal inside, most
                async with lock:
                    inside += 1
                    most = max(most, inside)
                    await asyncio.sleep(0)
                    inside -= 1

            await asyncio.gather(*(work() for _ in range(5)))
        return most == 1

    # --8<-- [end:aio]
    say(f"5 workers, one at a time: {'yes' if asyncio.run(one_at_a_time()) else 'no'}")

    # --8<-- [start:permits]
    connections = redis_patterns.Semaphore(redis, "reports-db", limit=3, ttl=timedelta(minutes=1), namespace=namespace)
    with connections.permits(2) as permits:
        refused = isinstance(connections.try_acquire(2), redis_patterns.Held)
        say(f"{permits.permits} of 3 permits, then 2 more: {'no' if refused else 'yes'}")
    # --8<-- [end:permits]
    redis.close()
    say(", ".join(ledger.entries))
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
