"""The doctor in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from typing import Any

import redis_patterns
import redis_patterns.aio
from redis_patterns.operations import Report


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])
    # A lock as it stands in many programs: no token, no fence.
    naive = f"{namespace}:lock:orders"
    redis.set(naive, "1", nx=True, ex=60)

    # --8<-- [start:examine]
    report = redis_patterns.Doctor(redis, items=["locks"]).examine()
    for finding in report.items[0].findings:
        if finding.id == "locks.no_token":
            say(f"{finding.severity}: {finding.id}")
            say(f"why: {finding.reason}")
            say(f"fix: {finding.fix}")
    say(f"exit code: {report.exit_code()}")
    # --8<-- [end:examine]

    # --8<-- [start:mend]
    async def mend() -> Report:
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            await redis.delete(naive)
            async with redis_patterns.aio.Lock(redis, "orders", ttl=timedelta(seconds=30), namespace=namespace):
                return await redis_patterns.aio.Doctor(redis, items=["locks"]).examine()

    after = asyncio.run(mend())
    say(f"the finding is gone: {'yes' if tokenless(after) < tokenless(report) else 'no'}")
    # --8<-- [end:mend]
    redis.close()
    return {"transcript": lines}


def tokenless(report: Report) -> int:
    """How many locks hold no token, by the report."""
    found = [finding for finding in report.items[0].findings if finding.id == "locks.no_token"]
    return int(found[0].evidence["keys"]) if found else 0


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
