"""Round trips: commands out together, replies back as the server gave them.

Where redis-py's `execute_command` would only pass the words on, a connection of the client's pool is used without it:
around a call it takes longer than our own work. Who watches or changes it (a tracer, metrics, a subclass, repetitions)
still gets every command: `direct` says when.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Sequence
from types import FunctionType
from typing import Any

import redis
import redis.asyncio
import redis.client
import redis.exceptions as theirs

_metrics: Any = None
with contextlib.suppress(ImportError):  # redis-py's own, from 8.0 on
    from redis.observability.providers import get_observability_instance as _metrics

_pack: Any = None
with contextlib.suppress(ImportError):  # in C, where it is installed
    from hiredis import pack_command as _pack

Words = tuple[bytes | str, ...]

_RAW = {"NEVER_DECODE": True}
"""Replies are bytes, whatever `decode_responses` the client was made with."""
_NO_CALLBACKS: Any = {}
"""Nor does redis-py give them its own form."""


def _as_shipped(*functions: Any) -> bool:
    # A wrapper may look like what it wraps, but its code stands in another file.
    files = (redis.client.__file__, redis.asyncio.client.__file__)
    return all(type(each) is FunctionType and each.__code__.co_filename in files for each in functions)


_SYNC = (redis.Redis.execute_command, redis.client.Pipeline.execute)
_ASYNC = (redis.asyncio.Redis.execute_command, redis.asyncio.client.Pipeline.execute)
_SHIPPED = _as_shipped(*_SYNC, *_ASYNC)
_POOLS = (
    redis.ConnectionPool,
    redis.BlockingConnectionPool,
    redis.asyncio.ConnectionPool,
    redis.asyncio.BlockingConnectionPool,
)
_NAMELESS = inspect.signature(redis.ConnectionPool.get_connection).parameters["command_name"].default is None
_FOR: tuple[str, ...] = () if _NAMELESS else ("EVALSHA",)
"""Until redis-py 5.3 a pool was told the command; it made no use of it."""


def exchange(client: Any, commands: Sequence[Words]) -> list[Any]:
    """Sends all in one round trip, never again; what the server refuses stands as an exception in its place."""
    if (pool := direct(client)) is not None:
        return _trip(pool, commands)
    if len(commands) == 1:
        try:
            return [client.execute_command(*commands[0], **_RAW)]
        except theirs.ResponseError as error:
            return [error]
    replies: list[Any] = _pipeline(client, commands).execute(raise_on_error=False)
    return replies


async def aexchange(client: Any, commands: Sequence[Words]) -> list[Any]:
    """The asyncio twin of `exchange`."""
    if (pool := direct(client)) is not None:
        return await _atrip(pool, commands)
    if len(commands) == 1:
        try:
            return [await client.execute_command(*commands[0], **_RAW)]
        except theirs.ResponseError as error:
            return [error]
    replies: list[Any] = await _pipeline(client, commands).execute(raise_on_error=False)
    return replies


def _pipeline(client: Any, commands: Sequence[Words]) -> Any:
    pipeline = client.pipeline(transaction=False)
    pipeline.response_callbacks = _NO_CALLBACKS
    for words in commands:
        pipeline.execute_command(*words, **_RAW)
    return pipeline


def direct(client: Any) -> Any:
    """The client's pool; None where its `execute_command` may do more than to pass the words on."""
    kind = type(client)
    if kind is redis.Redis:
        shipped = redis.Redis.execute_command is _SYNC[0] and redis.client.Pipeline.execute is _SYNC[1]
    elif kind is redis.asyncio.Redis:
        shipped = (
            redis.asyncio.Redis.execute_command is _ASYNC[0] and redis.asyncio.client.Pipeline.execute is _ASYNC[1]
        )
    else:
        return None
    own, pool = vars(client), client.connection_pool
    settings: Any = pool.connection_kwargs
    if (
        not (shipped and _SHIPPED)
        or type(pool) not in _POOLS
        or client.connection is not None
        or "execute_command" in own
        or "pipeline" in own
        or getattr(settings.get("retry"), "_retries", None) != 0
        or getattr(pool, "cache", None) is not None
        or (_metrics is not None and _metrics().get_provider_manager() is not None)
    ):
        return None
    return pool


def _trip(pool: Any, commands: Sequence[Words]) -> list[Any]:
    connection = pool.get_connection(*_FOR)
    try:
        connection.send_packed_command((_packed(commands),))
        return [_reply(connection) for _ in commands]
    except BaseException:
        connection.disconnect()  # an answer may be under way still: nobody else may read it as theirs
        raise
    finally:
        pool.release(connection)


async def _atrip(pool: Any, commands: Sequence[Words]) -> list[Any]:
    connection = await pool.get_connection(*_FOR)
    try:
        await connection.send_packed_command((_packed(commands),))
        return [await _areply(connection) for _ in commands]
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response(disable_decoding=True)
    except theirs.ResponseError as error:
        return error


async def _areply(connection: Any) -> Any:
    try:
        return await connection.read_response(disable_decoding=True)
    except theirs.ResponseError as error:
        return error


def _packed(commands: Sequence[Words]) -> bytes:
    if _pack is not None:
        return b"".join(map(_pack, commands))
    parts = []
    for words in commands:
        parts.append(b"*%d\r\n" % len(words))
        for word in words:
            raw = word.encode() if isinstance(word, str) else word
            parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)
