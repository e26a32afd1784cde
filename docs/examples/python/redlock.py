"""A Redlock in Python. Run it with REDIS_NODES set to the URLs of three servers, blanks between them."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from typing import Any

import redis_patterns
import redis_patterns.aio


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `nodes`, the URLs of three servers, and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace, urls = ctx["namespace"], ctx["nodes"]
    # A short lease, because a node votes when it has been up for longer than the longest one.
    three = timedelta(seconds=3)
    times: dict[str, Any] = {"ttl": three, "longest_ttl": three, "node_timeout": three / 3}
    a, b, c = nodes = [redis_patterns.connect(url) for url in urls]
    lost = [redis_patterns.connect(f"unix:///nowhere/{number}") for number in (1, 2)]

    # --8<-- [start:with]
    lock = redis_patterns.Redlock(nodes, "nightly", namespace=namespace, **times)
    with lock as lease:
        say(f"exported: {'no' if lease.lost else 'yes'}")
    # --8<-- [end:with]

    # --8<-- [start:try]
    held = lock.acquire()
    match lock.try_acquire():
        case redis_patterns.RedlockRefusal(reason, votes):
            against = sum(isinstance(vote, redis_patterns.Held) for vote in votes)
            say(f"{reason}, say {against} of {len(votes)} nodes")
        case redis_patterns.RedlockLease():
            say("acquired")
    held.release()
    # --8<-- [end:try]

    # --8<-- [start:minority]
    with redis_patterns.Redlock([a, b, lost[0]], "nightly", namespace=namespace, **times) as lease:
        say(f"with one node lost: {'no' if lease.lost else 'yes'}")
    # --8<-- [end:minority]

    # --8<-- [start:quorum]
    try:
        redis_patterns.Redlock([a, *lost], "nightly", namespace=namespace, **times).acquire(wait=0.1)
    except redis_patterns.LockError as error:
        say(error.code)
    # --8<-- [end:quorum]

    # --8<-- [start:twice]
    try:
        redis_patterns.Redlock([a, b, a], "nightly", namespace=namespace, **times)
    except redis_patterns.RedisError as error:
        say(error.code.value)
    # --8<-- [end:twice]

    # --8<-- [start:aio]
    async def one_at_a_time() -> bool:
        inside = most = 0
        clients = [redis_patterns.aio.connect(url) for url in urls]
        lock = redis_patterns.aio.Redlock(clients, "nightly", namespace=namespace, **times)

        async def work() -> None:
            nonlocal inside, most
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(3)))
        for client in clients:
            await client.aclose()
        return most == 1

    # --8<-- [end:aio]
    say(f"3 workers, one at a time: {'yes' if asyncio.run(one_at_a_time()) else 'no'}")
    for client in (a, b, c, *lost):
        client.close()
    return {"transcript": lines}


if __name__ == "__main__":
    run({"nodes": os.environ["REDIS_NODES"].split(), "namespace": f"example-{secrets.token_hex(4)}"})
