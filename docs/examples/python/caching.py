"""A cache in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

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
    database: dict[str, str] = {"user:42": "Ada"}
    loads = 0

    # --8<-- [start:load]
    cache = redis_patterns.Cache(
        redis,
        codec=redis_patterns.JSON,
        ttl=timedelta(minutes=5),
        grace=timedelta(hours=1),
        backoff=timedelta(seconds=30),
        namespace=namespace,
    )

    def load(key: str) -> dict[str, str] | redis_patterns.Absent:
        nonlocal loads
        loads += 1
        name = database.get(key)
        return redis_patterns.ABSENT if name is None else {"name": name}

    def name_of(key: str) -> str:
        user = cache.get_or_load(key, lambda: load(key))
        return "nobody" if user is redis_patterns.ABSENT else user["name"]

    for _ in range(2):
        say(f"{name_of('user:42')}, after {loads} load")
    # --8<-- [end:load]

    # --8<-- [start:delete]
    database["user:42"] = "Ada Lovelace"  # commit first
    cache.delete("user:42")
    say(f"{name_of('user:42')}, after {loads} loads")
    # --8<-- [end:delete]

    # --8<-- [start:negative]
    say(name_of("user:7"))
    match cache.get("user:7"):
        case redis_patterns.Hit(value):
            say(f"hit {value}")
        case redis_patterns.Negative():
            say("negative: the source has no user:7")
        case redis_patterns.Miss():
            say("miss")
    # --8<-- [end:negative]

    # --8<-- [start:race]
    def interrupted() -> str:
        old = "Grace"
        cache.delete("user:43")  # somebody changes the source while we load
        return old

    user = cache.get_or_load("user:43", interrupted)
    say(f"returned {user}")
    say(f"cached: {'no' if isinstance(cache.get('user:43'), redis_patterns.Miss) else 'yes'}")
    # --8<-- [end:race]

    # --8<-- [start:backoff]
    def failing() -> dict[str, str]:
        raise OSError("the source is down")

    for _ in range(2):
        try:
            cache.get_or_load("user:44", failing)
        except OSError:
            say("the loader's error")
        except redis_patterns.CacheError as error:
            say(error.code)
    # --8<-- [end:backoff]

    # --8<-- [start:wait]
    slow = redis_patterns.Cache(redis, codec=redis_patterns.TEXT, namespace=namespace)
    hurried = redis_patterns.Cache(redis, codec=redis_patterns.TEXT, wait=0.1, namespace=namespace)

    def load_slowly() -> str:
        try:
            hurried.get_or_load("slow", lambda: "unasked")  # another process asks while we load
        except redis_patterns.CacheError as error:
            say(error.code)
        return "a slow value"

    slow.get_or_load("slow", load_slowly)
    # --8<-- [end:wait]

    # --8<-- [start:refresh]
    news = redis_patterns.Cache(
        redis,
        codec=redis_patterns.TEXT,
        grace=timedelta(hours=1),
        refresh="background",
        namespace=namespace,
    )
    news.put("headline", "old news")
    news.mark_stale("headline")  # the soft delete: still served, and loaded anew
    say(f"at once: {news.get_or_load('headline', lambda: 'new news')}")
    news.drain()  # as at the end of a program
    say(f"then: {news.get_or_load('headline', lambda: 'unasked')}")
    # --8<-- [end:refresh]

    # --8<-- [start:versions]
    prices = redis_patterns.Cache(redis, codec=redis_patterns.TEXT, namespace=namespace)
    for price, version in (("19.90", 2), ("24.90", 1)):  # the second comes late
        stored = prices.put("price:1", price, version=version)
        say(f"{price}, version {version}: {'cached' if stored else 'older'}")
    prices.delete("price:1", version=3)
    say(f"19.90 once more: {'cached' if prices.put('price:1', '19.90', version=2) else 'older'}")
    # --8<-- [end:versions]

    # --8<-- [start:write]
    def commit() -> redis_patterns.Versioned[dict[str, str]]:
        database["user:42"] = "Ada King"
        return redis_patterns.Versioned({"name": "Ada King"})

    cache.write_through("user:42", commit)
    say(f"{name_of('user:42')}, without a load")
    # --8<-- [end:write]

    # --8<-- [start:many]
    found = cache.get_many(["user:1", "user:7", "user:42"])
    say(", ".join(f"{key}: {type(found[key]).__name__.lower()}" for key in sorted(found)))
    # --8<-- [end:many]

    # --8<-- [start:tags]
    for page in ("home", "about"):
        news.get_or_load(page, lambda: "a page by Ada", tags=["author:ada", "site"])
    news.delete_tag("author:ada")  # one command, however many pages
    pages = news.get_many(["home", "about"], tags=["author:ada", "site"])
    say(", ".join(f"{key}: {type(pages[key]).__name__.lower()}" for key in sorted(pages)))
    # --8<-- [end:tags]
    redis.close()

    # --8<-- [start:aio]
    async def at_once() -> int:
        loads = 0
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            cache = redis_patterns.aio.Cache(redis, codec=redis_patterns.aio.TEXT, namespace=namespace)

            async def slow() -> str:
                nonlocal loads
                loads += 1
                await asyncio.sleep(0.05)
                return "value"

            await asyncio.gather(*(cache.get_or_load("report", slow) for _ in range(100)))
        return loads

    # --8<-- [end:aio]
    say(f"100 callers at once, {asyncio.run(at_once())} load")
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
