"""A rate limit in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
from datetime import timedelta
from typing import Any

import redis_patterns
import redis_patterns.aio


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])

    # --8<-- [start:take]
    limiter = redis_patterns.RateLimiter(
        redis,
        redis_patterns.Limit.token_bucket(3, per=timedelta(hours=1)),
        namespace=namespace,
    )
    for _ in range(4):
        decision = limiter.take("user:42")
        say(f"{decision.status}, {decision.remaining} left")
    # --8<-- [end:take]
    say(f"come back in {math.ceil(decision.retry_after / timedelta(minutes=1))} minutes")

    # --8<-- [start:tiers]
    uploads = redis_patterns.RateLimiter(
        redis,
        [
            redis_patterns.Limit.token_bucket(10, per=timedelta(minutes=30), name="burst"),
            redis_patterns.Limit.token_bucket(12, per=timedelta(hours=1), name="hour"),
        ],
        namespace=namespace,
    )
    uploads.take("team:7", cost=9)
    decision = uploads.take("team:7", cost=2)
    say(f"{decision.status} by {decision.tier}")
    for tier in decision.tiers:
        say(f"{tier.name}: {tier.remaining} left")
    # --8<-- [end:tiers]

    # --8<-- [start:refund]
    first = uploads.take("team:8", cost=4, request="upload-1")
    again = uploads.take("team:8", cost=4, request="upload-1")  # the reply was lost: the same request, charged once
    say(f"the repeat is answered the same: {'yes' if again == first else 'no'}")
    refund = uploads.refund("team:8", "upload-1")
    say(f"{refund.status} {refund.units}, {refund.tiers[0].remaining} left")
    # --8<-- [end:refund]

    # --8<-- [start:impossible]
    say(f"a cost of 11 is {uploads.peek('team:8', cost=11).status}")
    # --8<-- [end:impossible]

    # --8<-- [start:windows]
    mails = redis_patterns.RateLimiter(
        redis,
        [
            redis_patterns.Limit.sliding_window(3, per=timedelta(hours=1), name="hour"),
            redis_patterns.Limit.fixed_window(20, per=timedelta(days=1), aligned=True, name="day"),
        ],
        namespace=namespace,
    )
    three = mails.take("team:9", cost=3)
    fourth = mails.take("team:9")
    say(f"{three.status}, then {fourth.status} by {fourth.tier}")
    # --8<-- [end:windows]

    # --8<-- [start:log]
    exports = redis_patterns.RateLimiter(
        redis,
        redis_patterns.Limit.sliding_log(2, per=timedelta(hours=1)),
        namespace=namespace,
    )
    for _ in range(3):
        decision = exports.take("user:44")
        say(f"export {decision.status}")
    # --8<-- [end:log]
    redis.close()

    # --8<-- [start:aio]
    async def at_once() -> int:
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            limiter = redis_patterns.aio.RateLimiter(
                redis,
                redis_patterns.aio.Limit.token_bucket(5, per=timedelta(hours=1)),
                namespace=namespace,
            )
            decisions = await asyncio.gather(*(limiter.take("user:43") for _ in range(20)))
            return sum(decision.allowed for decision in decisions)

    # --8<-- [end:aio]
    say(f"of 20 at once {asyncio.run(at_once())} are allowed")
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
