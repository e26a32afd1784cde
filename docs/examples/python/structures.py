"""The structures in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from typing import Any

import redis_patterns
import redis_patterns.aio
from redis_patterns import structures


def run(ctx: dict[str, Any]) -> dict[str, Any]:
    """`ctx`: `url` of the server and `namespace` of the keys. Returns the lines that it prints."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line)

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])

    # --8<-- [start:counter]
    tickets = redis_patterns.SharedCounter(redis, "tickets", ttl=timedelta(hours=1), most=5, namespace=namespace)
    tickets.add(4, request="order-1")
    tickets.add(4, request="order-1")  # a repeat: counted once
    match tickets.add(2):
        case structures.Refused(value):
            say(f"sold out at 5: {value} are sold")
        case structures.Counted():
            say("sold")
    # --8<-- [end:counter]

    # --8<-- [start:flag]
    mail = redis_patterns.SharedFlag(redis, "daily-mail", ttl=timedelta(days=1), namespace=namespace)
    for worker in ("ann", "bob"):
        match mail.set(worker):
            case structures.FlagSet():
                say(f"{worker} sends the mail")
            case structures.FlagUp(payload):
                say(f"{worker} does not: {payload.decode()} has")
    # --8<-- [end:flag]

    # --8<-- [start:board]
    board = redis_patterns.Leaderboard(redis, "game", windows=["all", "day"], namespace=namespace)
    for player in ("zoe", "amy", "kim"):
        board.submit(player, 100, mode="best")  # equal scores: the first stays first
    board.submit("kim", 1, mode="add")
    say(", ".join(f"{row.rank}. {row.id} {row.score}" for row in board.page(window="day").rows))
    near = board.around("amy", count=2)
    if isinstance(near, structures.Page):
        say("around amy: " + ", ".join(row.id for row in near.rows))
    # --8<-- [end:board]
    redis.close()

    # --8<-- [start:aio]
    async def together() -> int:
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            visits = redis_patterns.aio.SharedCounter(redis, "visits", ttl=60.0, namespace=namespace)
            await asyncio.gather(*(visits.add() for _ in range(10)))
            return await visits.value()

    # --8<-- [end:aio]
    say(f"10 at once are {asyncio.run(together())}")
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
