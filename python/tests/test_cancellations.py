"""Calls with a nonce each, cancelled at random moments: every answer must be the one to its own question."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio
import redis.asyncio.connection

import evidence
from conftest import Server
from redis_patterns.aio import connect
from redis_patterns.runner import arun
from redis_patterns.script import Script, ScriptCall

_SOURCE = b"return ARGV[1]"
_ECHO = Script("echo", hashlib.sha1(_SOURCE, usedforsecurity=False).hexdigest(), _SOURCE)
_WORKERS = 16


def echo(nonce: bytes) -> ScriptCall[bytes]:
    return ScriptCall(_ECHO, (), (nonce,), bytes)


async def storm(ask: Callable[[bytes], Awaitable[bytes]], count: int, seed: int) -> Counter[str]:
    """Runs until `count` calls were cancelled or an answer was shifted."""
    tally: Counter[str] = Counter()

    async def worker(number: int) -> None:
        chance = random.Random(seed + number)
        at = 0
        while tally["cancelled"] < count and not tally["shifted"] and at < 30 * count:
            at += 1
            nonce = b"%d/%d" % (number, at)
            call = asyncio.ensure_future(ask(nonce))
            for _ in range(chance.randrange(7)):
                await asyncio.sleep(0)
            if chance.randrange(10):
                call.cancel()
            try:
                answer = await call
            except asyncio.CancelledError:
                tally["cancelled"] += 1
            else:
                tally["answered"] += 1
                tally["shifted"] += answer != nonce

    await asyncio.gather(*(worker(number) for number in range(_WORKERS)))
    return tally


def test_no_answer_reaches_another_question(own_server: Server, seed: int, scale: float) -> None:
    async def run() -> Counter[str]:
        client = connect(own_server.url, max_connections=64)
        try:
            tally = await storm(lambda nonce: arun(client, echo(nonce)), int(2000 * scale), seed)
            assert await arun(client, echo(b"after")) == b"after"
            return tally
        finally:
            await client.aclose()

    tally = asyncio.run(run())
    evidence.record(
        "cancellations",
        "cancellations",
        count=tally["cancelled"],
        seed=seed,
        violations=tally["shifted"],
        seen={"answered": tally["answered"]},
    )
    assert tally["shifted"] == 0
    assert tally["cancelled"] >= int(2000 * scale)


def test_the_same_storm_finds_a_connection_that_is_kept_after_a_cancellation(own_server: Server, seed: int) -> None:
    async def run() -> Counter[str]:
        connections = [redis.asyncio.connection.UnixDomainSocketConnection(path=str(own_server.path)) for _ in range(8)]
        free: asyncio.Queue[Any] = asyncio.Queue()
        for connection in connections:
            await connection.connect()
            free.put_nowait(connection)

        async def ask(nonce: bytes) -> bytes:
            connection = await free.get()
            try:
                await connection.send_command("ECHO", nonce)
                return bytes(await connection.read_response(disconnect_on_error=False))
            finally:
                free.put_nowait(connection)

        try:
            return await storm(ask, 2000, seed)
        finally:
            for connection in connections:
                with contextlib.suppress(Exception):
                    await connection.disconnect()

    tally = asyncio.run(run())
    evidence.control("cancellations", {"shifted answers": tally["shifted"]})
    assert tally["shifted"] > 0
