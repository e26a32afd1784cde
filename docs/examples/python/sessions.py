"""Sessions in Python. Run it with REDIS_URL set, or let `redis-patterns python` run it."""

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

    def yes(what: bool) -> str:
        return "yes" if what else "no"

    namespace = ctx["namespace"]
    redis = redis_patterns.connect(ctx["url"])

    # --8<-- [start:login]
    sessions = redis_patterns.Sessions(redis, idle=timedelta(minutes=30), limit=3, namespace=namespace)

    visitor = sessions.create(data={"cart": "2 books"})
    assert isinstance(visitor, redis_patterns.Session)
    # The password was right: a new id, never the one that was brought.
    login = sessions.create("ada", {**visitor.data, "device": "phone"}, replacing=visitor.id)
    assert isinstance(login, redis_patterns.Session)
    cookie = login.id.text
    # --8<-- [end:login]
    say(f"a new id at login: {yes(login.id != visitor.id and sessions.load(visitor.id) is None)}")

    # --8<-- [start:request]
    session = sessions.load(cookie)  # None: not logged in
    if session is not None:
        say(f"{session.user} has {session.data['cart']}")
        sessions.update(session.id, {"cart": "3 books"})
    # --8<-- [end:request]

    # --8<-- [start:merge]
    assert session is not None
    sessions.update(session.id, {"theme": "dark"})  # another request, which has not seen the cart change
    both = sessions.load(cookie)
    assert both is not None
    say(f"both changes are kept: {', '.join(both.data[name] for name in ('cart', 'theme'))}")
    match sessions.update(session.id, {"cart": "0 books"}, version=session.version):
        case redis_patterns.SessionConflict(version):
            say(f"changed meanwhile: version {version}")
    # --8<-- [end:merge]

    # --8<-- [start:rotate]
    rotated = sessions.rotate(session.id)  # after a change of password
    assert isinstance(rotated, redis_patterns.Session)
    under_way = sessions.load(cookie)  # a request that was sent with the old cookie
    assert under_way is not None
    say(f"the old id still reads: {yes(under_way.replaced)}")
    refused = sessions.update(cookie, {"cart": "0 books"})
    say(f"and changes nothing: {yes(isinstance(refused, redis_patterns.SessionReplaced))}")
    # --8<-- [end:rotate]

    # --8<-- [start:devices]
    sessions.create("ada", {"device": "laptop"})
    sessions.create("ada", {"device": "tablet"})
    for listed in sorted(sessions.list("ada", ["device"]), key=lambda one: one.data["device"]):
        say(f"logged in on: {listed.data['device']}")
    say(f"others logged out: {sessions.revoke_others(rotated.id)}")
    # --8<-- [end:devices]

    # --8<-- [start:logout]
    sessions.revoke(rotated.id)
    late = sessions.update(rotated.id, {"cart": "9 books"})  # a slow request saves after the logout
    say(f"what has ended stays ended: {yes(late is None and sessions.load(rotated.id) is None)}")
    # --8<-- [end:logout]
    redis.close()

    # --8<-- [start:aio]
    async def logins() -> int:
        async with redis_patterns.aio.connect(ctx["url"]) as redis:
            sessions = redis_patterns.aio.Sessions(redis, limit=3, namespace=namespace)
            await asyncio.gather(*(sessions.create("ada") for _ in range(10)))
            return await sessions.revoke_all("ada")

    # --8<-- [end:aio]
    say(f"10 logins at once, limit 3: {asyncio.run(logins())} sessions")
    return {"transcript": lines}


if __name__ == "__main__":
    run({"url": os.environ["REDIS_URL"], "namespace": f"example-{secrets.token_hex(4)}"})
