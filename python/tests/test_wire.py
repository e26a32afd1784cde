"""A call takes a connection straight from redis-py's pool, and only where nobody would miss `execute_command`."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

import redis_patterns as patterns
from conftest import Server
from redis_patterns import _wire, aio
from redis_patterns.errors import Code, RedisError
from redis_patterns.runner import aread, asend, read, send

ONCE: dict[str, Any] = {"retry": Retry(NoBackoff(), 0), "protocol": 2}


def take(client: redis.Redis, namespace: str) -> None:
    limiter = patterns.RateLimiter(client, patterns.Limit.token_bucket(10, per=1.0), namespace=namespace)
    assert limiter.take("user").allowed


@pytest.mark.parametrize("kind", [redis.ConnectionPool, redis.BlockingConnectionPool])
def test_a_pool_of_redis_py_is_used_without_its_client(server: Server, kind: Any) -> None:
    pool = kind.from_url(server.url, **ONCE)
    client = redis.Redis(connection_pool=pool)
    assert _wire.direct(client) is pool
    assert send(client, ("ECHO", "é")) == "é".encode()
    assert _wire.direct(patterns.connect(server.url)) is not None
    assert _wire.direct(aio.connect(server.url)) is not None
    pool.disconnect()


@pytest.mark.parametrize("in_c", [True, False])
def test_words_are_written_alike_with_hiredis_and_without(in_c: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not in_c:
        monkeypatch.setattr(_wire, "_pack", None)
    written = _wire._packed([("ECHO", "é"), (b"GET", b"\r\n\0")])
    assert written == b"*2\r\n$4\r\nECHO\r\n$2\r\n\xc3\xa9\r\n*2\r\n$3\r\nGET\r\n$3\r\n\r\n\0\r\n"


def seen_by(wrapped: Any, seen: list[Any]) -> Any:
    @functools.wraps(wrapped)
    def trace(self: Any, *words: Any, **options: Any) -> Any:
        seen.append(words or "pipeline")
        return wrapped(self, *words, **options)

    return trace


def test_a_tracer_put_on_the_class_sees_each_call(
    server: Server, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    client = patterns.connect(server.url)
    monkeypatch.setattr(redis.Redis, "execute_command", seen_by(redis.Redis.execute_command, seen))
    take(client, namespace)
    assert [words[0] for words in seen if words[0] == "EVALSHA"] == ["EVALSHA"]


def test_a_tracer_put_on_pipelines_sees_each(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    client = patterns.connect(server.url)
    monkeypatch.setattr(redis.client.Pipeline, "execute", seen_by(redis.client.Pipeline.execute, seen))
    assert read(client, [("ECHO", "a"), ("ECHO", "b")]) == [b"a", b"b"]
    assert seen == ["pipeline"]


def test_a_tracer_put_on_asyncio_sees_each_call(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    traced = seen_by(redis.asyncio.Redis.execute_command, seen)
    monkeypatch.setattr(redis.asyncio.Redis, "execute_command", traced)

    async def call() -> Any:
        async with aio.connect(server.url) as client:
            return await asend(client, ("ECHO", "a"))

    assert asyncio.run(call()) == b"a"
    assert seen == [("ECHO", "a")]


def test_a_tracer_that_was_there_first_sees_each_call(server: Server) -> None:
    program = f"""
import functools, redis
theirs, seen = redis.Redis.execute_command, []
@functools.wraps(theirs)
def trace(self, *words, **options):
    seen.append(words[0])
    return theirs(self, *words, **options)
redis.Redis.execute_command = trace
import redis_patterns as patterns
limiter = patterns.RateLimiter(patterns.connect({server.url!r}), patterns.Limit.token_bucket(10, per=1.0))
limiter.take("tracer")
print(seen.count("EVALSHA"))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "1\n"


class Own(redis.Redis):
    """Somebody's client."""


def test_whoever_has_more_than_a_plain_client_keeps_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = redis.Redis.from_url(server.url, **ONCE)
    assert _wire.direct(plain) is not None
    assert _wire.direct(Own.from_url(server.url, **ONCE)) is None
    assert _wire.direct(redis.Redis.from_url(server.url, single_connection_client=True, **ONCE)) is None
    assert _wire.direct(redis.Redis.from_url(server.url, protocol=2, retry=Retry(NoBackoff(), 3))) is None
    assert _wire.direct(redis.Redis.from_url(server.url, protocol=2)) is None
    own: Any = redis.Redis.from_url(server.url, **ONCE)
    own.execute_command = plain.execute_command
    assert _wire.direct(own) is None
    monkeypatch.setattr(_wire, "_metrics", type("Measured", (), {"get_provider_manager": lambda self: self}))
    assert _wire.direct(plain) is None


def test_a_refusal_leaves_the_connection_as_it_was(server: Server, namespace: str) -> None:
    client = redis.Redis(connection_pool=redis.ConnectionPool.from_url(server.url, max_connections=1, **ONCE))
    number = send(client, ("CLIENT", "ID"))
    key = f"{namespace}:list"
    with pytest.raises(RedisError) as refused:
        read(client, [("ECHO", "a"), ("LPUSH", key), ("ECHO", "b")])
    assert refused.value.code is Code.SERVER
    assert refused.value.command == "LPUSH"
    assert read(client, [("ECHO", "c"), ("CLIENT", "ID")]) == [b"c", number]
    client.close()


class Interrupted(redis.UnixDomainSocketConnection):
    """Ctrl-C comes between a command and its answer."""

    now = False

    def read_response(self, *given: Any, **options: Any) -> Any:
        if Interrupted.now:
            Interrupted.now = False
            raise KeyboardInterrupt
        return super().read_response(*given, **options)


def after_an_interruption(client: redis.Redis, wait: Any, ask: Any) -> Any:
    """What is answered to a question that follows one whose answer nobody waited for."""
    ask(("ECHO", "warm"))
    Interrupted.now = True
    with pytest.raises(KeyboardInterrupt):
        wait(("BLPOP", "nothing-here", "0.2"))
    return ask(("ECHO", "mine"))


def test_an_interrupted_call_leaves_no_answer_to_the_next(server: Server) -> None:
    settings = {"path": str(server.path), "connection_class": Interrupted, "max_connections": 1, **ONCE}
    client = redis.Redis(connection_pool=redis.ConnectionPool(**settings))
    assert _wire.direct(client) is not None
    ours = functools.partial(send, client)
    assert after_an_interruption(client, ours, ours) == b"mine"
    client.close()


def test_control_a_connection_that_is_given_back_as_it_is_answers_with_another_s_answer(server: Server) -> None:
    settings = {"path": str(server.path), "connection_class": Interrupted, "max_connections": 1, **ONCE}
    client = redis.Redis(connection_pool=redis.ConnectionPool(**settings))

    def naive(words: tuple[str, ...]) -> Any:
        connection = client.connection_pool.get_connection(*_wire._FOR)
        try:
            connection.send_command(*words)
            return connection.read_response()
        finally:
            client.connection_pool.release(connection)

    assert after_an_interruption(client, naive, naive) != b"mine"
    client.close()


def test_a_cancelled_call_in_asyncio_leaves_no_answer_to_the_next(server: Server) -> None:
    async def play() -> list[Any]:
        once = {"retry": AsyncRetry(NoBackoff(), 0), "protocol": 2, "max_connections": 1}
        client = redis.asyncio.Redis.from_pool(redis.asyncio.ConnectionPool.from_url(server.url, **once))
        await asend(client, ("ECHO", "warm"))
        waiting = asyncio.create_task(asend(client, ("BLPOP", "nothing-here", "5")))
        while not client.connection_pool._in_use_connections:  # noqa: ASYNC110 - redis-py tells nobody
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        found = await aread(client, [("ECHO", "mine"), ("ECHO", "too")])
        await client.aclose()
        return found

    assert asyncio.run(play()) == [b"mine", b"too"]
