"""The one place that talks to redis-py: runs calls, turns its exceptions into typed errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import redis
import redis.asyncio
import redis.exceptions as theirs
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from ._wire import Words, aexchange, exchange
from .errors import Code, Execution, RedisError, argument_error, reply_error, server_error
from .script import ScriptCall

R = TypeVar("R")

_NOT_KNOWN = object()

_SERVER_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (theirs.NoScriptError, "NOSCRIPT"),
    (theirs.ReadOnlyError, "READONLY"),
    (theirs.OutOfMemoryError, "OOM"),
    (theirs.BusyLoadingError, "LOADING"),
    (theirs.NoPermissionError, "NOPERM"),
    (theirs.MovedError, "MOVED"),
    (theirs.AskError, "ASK"),
    (theirs.TryAgainError, "TRYAGAIN"),
    (theirs.MasterDownError, "MASTERDOWN"),
    (theirs.ClusterDownError, "CLUSTERDOWN"),
    (theirs.ClusterCrossSlotError, "CROSSSLOT"),
)


def check(client: Any, *, allow_retries: bool, asynchronous: bool) -> None:
    """Refuses a client whose own retries would run a write twice when a reply is lost.

    Raises `RedisError` (`ARGUMENT`).
    """
    if isinstance(client, redis.asyncio.Redis) is not asynchronous and isinstance(
        client, (redis.Redis, redis.asyncio.Redis)
    ):
        where = "redis_patterns.aio takes a redis.asyncio" if asynchronous else "redis_patterns takes a redis"
        raise argument_error(f"{where}.Redis client")
    if not callable(getattr(client, "execute_command", None)):
        raise argument_error(f"a Redis client is needed, not {type(client).__name__}")
    if allow_retries:
        return
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        raise argument_error("this client may repeat commands by itself: pass allow_retries=True to accept that")
    settings = pool.connection_kwargs
    retry = settings.get("retry")
    repeats = getattr(retry, "_retries", 0) != 0 or (
        retry is None and bool(settings.get("retry_on_timeout") or settings.get("retry_on_error"))
    )
    if repeats:
        raise argument_error(
            "this client repeats commands by itself, and a write whose reply was lost would run twice: make it with "
            "redis_patterns.connect or retry=Retry(NoBackoff(), 0), or pass allow_retries=True"
        )


def own_connection(client: Any, *, silence: float) -> Any:
    """A connection like the client's, outside its pool: RESP2, no repetition; `silence` is how long a read may wait."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        raise RedisError(Code.UNSUPPORTED, "this client has no subscriptions of ours", execution=Execution.NOT_EXECUTED)
    retry: Any = AsyncRetry if isinstance(client, redis.asyncio.Redis) else Retry
    settings = {
        name: value
        for name, value in pool.connection_kwargs.items()
        if name not in ("retry_on_timeout", "retry_on_error")
    }
    settings |= {"retry": retry(NoBackoff(), 0), "protocol": 2, "socket_timeout": silence, "health_check_interval": 0}
    return pool.connection_class(**settings)


def run(client: redis.Redis, call: ScriptCall[R]) -> R:
    """Runs a script by EVALSHA, and by EVAL only after NOSCRIPT; never repeats anything else."""
    try:
        reply = send(client, call.evalsha)
    except RedisError as error:
        if error.code is not Code.NO_SCRIPT:
            raise
        reply = _NOT_KNOWN
    return _read(call, send(client, call.eval) if reply is _NOT_KNOWN else reply)


async def arun(client: redis.asyncio.Redis, call: ScriptCall[R]) -> R:
    """The asyncio twin of `run`."""
    try:
        reply = await asend(client, call.evalsha)
    except RedisError as error:
        if error.code is not Code.NO_SCRIPT:
            raise
        reply = _NOT_KNOWN
    return _read(call, await asend(client, call.eval) if reply is _NOT_KNOWN else reply)


def dedicated(client: redis.Redis, timeout: float) -> redis.Redis:
    """A client to the same server with one connection of its own, for a command that blocks for less than `timeout`."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return client
    settings = {**pool.connection_kwargs, "socket_timeout": timeout}
    return redis.Redis.from_pool(
        redis.ConnectionPool(connection_class=pool.connection_class, max_connections=1, **settings)
    )


def adedicated(client: redis.asyncio.Redis, timeout: float) -> redis.asyncio.Redis:
    """The asyncio twin of `dedicated`."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return client
    settings = {**pool.connection_kwargs, "socket_timeout": timeout}
    return redis.asyncio.Redis.from_pool(
        redis.asyncio.ConnectionPool(connection_class=pool.connection_class, max_connections=1, **settings)
    )


def read(client: redis.Redis, commands: Sequence[Words]) -> list[Any]:
    """Sends commands that only read, in one round trip; the replies in order. The first refusal raises."""
    try:
        replies = exchange(client, commands)
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, _verb(commands[0][0]))
    else:
        return _accepted(replies, client, commands)
    raise failure  # outside, so that it does not carry redis-py's exception along, which may quote arguments


async def aread(client: redis.asyncio.Redis, commands: Sequence[Words]) -> list[Any]:
    """The asyncio twin of `read`."""
    try:
        replies = await heeding_cancellation(aexchange(client, commands))
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, _verb(commands[0][0]))
    else:
        return _accepted(replies, client, commands)
    raise failure


def _accepted(replies: list[Any], client: Any, commands: Sequence[Words]) -> list[Any]:
    for reply, words in zip(replies, commands, strict=True):
        if isinstance(reply, theirs.RedisError):
            raise translate(reply, client, _verb(words[0])) from None
    return replies


def forget(client: redis.Redis, keys: Sequence[str]) -> None:
    """Deletes what nobody can reach any more. A failure is not told: the keys expire by themselves."""
    with contextlib.suppress(RedisError):
        read(client, [("UNLINK", *keys)])


async def aforget(client: redis.asyncio.Redis, keys: Sequence[str]) -> None:
    """The asyncio twin of `forget`."""
    with contextlib.suppress(RedisError):
        await aread(client, [("UNLINK", *keys)])


def send(client: redis.Redis, words: Words) -> Any:
    """One command and its reply; never repeated. A verb in bytes keeps redis-py from giving the reply its own form."""
    try:
        reply = exchange(client, (words,))[0]
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, _verb(words[0]))
    else:
        if not isinstance(reply, theirs.RedisError):
            return reply
        failure = translate(reply, client, _verb(words[0]))
    raise failure


async def asend(client: redis.asyncio.Redis, words: Words) -> Any:
    """The asyncio twin of `send`."""
    try:
        reply = (await heeding_cancellation(aexchange(client, (words,))))[0]
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, _verb(words[0]))
    else:
        if not isinstance(reply, theirs.RedisError):
            return reply
        failure = translate(reply, client, _verb(words[0]))
    raise failure


def _verb(word: bytes | str) -> str:
    return word if isinstance(word, str) else word.decode()


async def heeding_cancellation(work: Awaitable[R]) -> R:
    # asyncio.wait_for, which redis-py awaits, swallows a cancellation that comes as its work ends (until Python 3.12).
    task: Any = asyncio.current_task()
    count: Callable[[], int] = getattr(task, "cancelling", lambda: 0)  # new in Python 3.11
    before = count()
    result = await work
    if count() > before:
        raise asyncio.CancelledError
    return result


def address(client: Any) -> str | None:
    """`host:port` or the socket's path, without user and password."""
    settings = getattr(getattr(client, "connection_pool", None), "connection_kwargs", {})
    if path := settings.get("path"):
        return str(path)
    if host := settings.get("host"):
        return f"{f'[{host}]' if ':' in host else host}:{settings.get('port', 6379)}"
    return None


def translate(error: Exception, client: Any, command: str) -> RedisError:
    """A redis-py exception as a typed error. What cannot be told apart counts as `unknown`."""
    failure = _translated(error, client, command)
    if failure.server_code is None:
        failure.__cause__ = error  # what the network said; a server's words stand in the message itself
    return failure


def _translated(error: Exception, client: Any, command: str) -> RedisError:
    where = address(client)
    text = str(error)
    for kind, word in _SERVER_WORDS:
        if isinstance(error, kind):
            return server_error(_with_word(word, text), command=command, address=where)
    if isinstance(error, theirs.AuthenticationError):
        word = getattr(error, "status_code", None) or ("NOAUTH" if text.startswith("Authentication r") else "WRONGPASS")
        return server_error(_with_word(word, text), command=command, address=where)
    if isinstance(error, theirs.ResponseError):
        # redis-py cuts off `ERR`, and leaves words that it does not know.
        word = getattr(error, "status_code", None) or ("" if text.split(" ", 1)[0].isupper() else "ERR")
        return server_error(_with_word(word, text), command=command, address=where)
    if isinstance(error, theirs.InvalidResponse):
        return _failure(Code.PROTOCOL, "the reply is not RESP", Execution.UNKNOWN, command, where)
    if isinstance(error, theirs.DataError):
        return _failure(Code.ARGUMENT, "an argument cannot be sent", Execution.NOT_EXECUTED, command, where)
    if text.startswith("max number of clients reached"):
        return server_error(f"ERR {text}", command=command, address=where)
    if text.startswith(("Too many connections", "No connection available")):
        return _failure(Code.OVERLOADED, "no connection was free", Execution.NOT_EXECUTED, command, where)
    # redis-py says "connecting" only while no command has been written.
    if "connecting to" in text:
        return _failure(Code.CONNECT, _cause(error, text), Execution.NOT_EXECUTED, command, where)
    if isinstance(error, (theirs.TimeoutError, TimeoutError)):
        return _failure(Code.TIMEOUT, "no answer came in time", Execution.UNKNOWN, command, where)
    return _failure(Code.CONNECTION_LOST, "the connection ended before the answer", Execution.UNKNOWN, command, where)


def _cause(error: Exception, text: str) -> str:
    # The chain's system error says more than redis-py's sentence, which names the address a second time.
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return "no connection in time" if "Timeout" in text else "the connection was not made"


def _with_word(word: str, text: str) -> str:
    return text if text.startswith(word) else f"{word} {text}"


def _failure(code: Code, message: str, execution: Execution, command: str, where: str | None) -> RedisError:
    return RedisError(code, message, execution=execution, command=command, address=where)


def _read(call: ScriptCall[R], reply: Any) -> R:
    try:
        return call.read(reply)
    except (ValueError, TypeError, IndexError, KeyError, UnicodeDecodeError):
        raise reply_error(call.script.name, reply) from None
