"""Loads the scripts before they are needed."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio

from .errors import reply_error
from .runner import aread, read
from .script import scripts


def preload(client: redis.Redis) -> None:
    """Loads every script of the patterns into the server's cache, in one round trip.

    Nobody needs this: a call whose script the server does not know (after a restart, SCRIPT FLUSH or a failover) sends
    it along once. It spares the first calls of a process that round trip, and shows at the start, not at the first
    call, that the server's users may not run scripts. Raises `RedisError`.
    """
    _compare(read(client, _loads()))


async def apreload(client: redis.asyncio.Redis) -> None:
    """The asyncio twin of `preload`."""
    _compare(await aread(client, _loads()))


def _loads() -> list[tuple[bytes | str, ...]]:
    return [("SCRIPT", "LOAD", script.source) for script in scripts().values()]


def _compare(replies: list[Any]) -> None:
    for script, reply in zip(scripts().values(), replies, strict=True):
        if reply not in (script.sha1, script.sha1.encode()):
            raise reply_error(f"SCRIPT LOAD of {script.name}", reply)
