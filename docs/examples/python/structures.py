"""The structures in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

from __future__ import annotations

import asyncio
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

    # --8<-- [start:counter]
    tickets = redis_patterns.SharedCounter(redis, "tickets", ttl=timedelta(hours=1), most=5, namespace=namespace)
    tickets.add(4, request="order-1")
    tickets.add(4, request="order-1")  # a repeat: counted once
    match tickets.add(2):
        case redis_patterns.CounterRefused(value):
            say(f"sold out at 5: {value} are sold")
        case redis_patterns.Counted():
            say("sold")
    # --8<-- [end:counter]

    # --8<-- [start:flag]
    mail = redis_patterns.SharedFlag(redis, "daily-mail", ttl=timedelta(days=1), namespace=namespace)
    for worker in ("ann", "bob"):
        match mail.set(worker):
            case redis_patterns.FlagSet():
                say(f"{worker} sends the mail")
            case redis_patterns.FlagUp(payload):
                say(f"{worker} does not: {payload.decode()} has")
    # --8<-- [end:flag]

    # --8<-- [start:board]
    board = redis_patterns.Leaderboard(redis, "game", windows=["all", "day"], namespace=namespace)
    for player in ("zoe", "amy", "kim"):
        board.submit(player, 100, mode="best")  # equal scores: the first stays first
    board.submit("kim", 1, mode="add")
    say(", ".join(f"{row.rank}. {row.id} {row.score}" for row in board.page(window="day").rows))
    near = board.around("amy", count=2)
    if isinstance(near, redis_patterns.BoardPage):
        say("around amy: " + ", ".join(row.id for row in near.rows))
    # --8<-- [end:board]
    # --8<-- [start:queue]
    mails = redis_patterns.ReliableQueue(redis, "mails", tries=2, namespace=namespace)
    mails.push("to ann", id="mail-1")
    mails.push("to ann", id="mail-1")  # a repeat: queued once
    mails.push("to nobody", id="mail-2")
    while isinstance(job := mails.pop(), redis_patterns.QueueJob):
        text = job.payload.decode()
        if text == "to nobody":
            say(f"{text}, attempt {job.attempt}: {job.retry()}")
        else:
            say(f"{text}: {'done' if job.ack() else 'lost'}")
    say(f"dead: {', '.join(job.id for job in mails.look().graves)}")
    # --8<-- [end:queue]

    # --8<-- [start:object]
    user = redis_patterns.VersionedObject(redis, "user:1", ttl=timedelta(hours=1), namespace=namespace)
    user.write({"name": "Ann", "mail": "ann@example.org"}, seen=0)
    found = user.read()
    user.update(lambda fields: {"name": fields["name"] + b"a"})  # somebody else is faster
    if isinstance(found, redis_patterns.FoundObject):
        late = user.write({"name": "Bob"}, seen=found.version)
        say(f"the late change is refused: {'yes' if isinstance(late, redis_patterns.ObjectConflict) else 'no'}")
    now = user.read()
    if isinstance(now, redis_patterns.FoundObject):
        say(f"{now.fields['name'].decode()}, {now.fields['mail'].decode()}")
    # --8<-- [end:object]

    # --8<-- [start:recents]
    viewed = redis_patterns.RecentItems(redis, "viewed", ttl=timedelta(days=1), most=3, move=True, namespace=namespace)
    for article in ("a1", "a2", "a3", "a4", "a2"):
        viewed.add(article)
    say("viewed: " + ", ".join(article.decode() for article in viewed.items()))
    # --8<-- [end:recents]

    # --8<-- [start:series]
    load = redis_patterns.TimeSeries(redis, "load", keep=timedelta(minutes=1), namespace=namespace)
    for value in (20, 60, 40):
        load.add(value)
    newest = load.points(timedelta(seconds=50), count=2)
    say("load: " + ", ".join(str(point.value) for point in newest))
    say(f"most: {max(step.most for step in load.steps(timedelta(seconds=50), timedelta(seconds=10)))}")
    # --8<-- [end:series]

    # --8<-- [start:tags]
    posts = redis_patterns.TagIndex(redis, "posts", ttl=timedelta(days=1), namespace=namespace)
    posts.add("post-1", "redis", "swift")
    posts.add("post-2", "redis", "python")
    one, both = sorted(posts.any_of("redis")), posts.all_of("redis", "swift")
    say(f"redis: {', '.join(one)}; redis and swift: {', '.join(both)}")
    # --8<-- [end:tags]

    # --8<-- [start:unique]
    visitors = redis_patterns.UniqueCounter(redis, "visitors", periods=7, namespace=namespace)
    visitors.add("ann", "bob", "ann")
    visitors.add("bob")
    say(f"{visitors.count(last=7)} visitors this week")
    # --8<-- [end:unique]

    # --8<-- [start:log]
    audit = redis_patterns.EventLog(redis, "audit", keep=timedelta(days=7), namespace=namespace)
    audit.append("order.created", '{"id":7}')
    seen = audit.read()[-1].id
    audit.append("order.paid")
    say("since then: " + ", ".join(event.kind for event in audit.read(after=seen)))
    # --8<-- [end:log]
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
