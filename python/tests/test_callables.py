"""What callers hand over to be called: coroutine functions in all their forms, and plain ones, to either face."""

from __future__ import annotations

import asyncio
import collections
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import JSON, TEXT, CacheError, Codec, RedisError, Versioned
from streaming import Working, fill, run
from waiting import auntil, until


async def load(*_: Any) -> str:
    return "loaded"


def plain(*_: Any) -> str:
    return "loaded"


class Loader:
    async def __call__(self, *_: Any) -> str:
        return "loaded"

    async def method(self, *_: Any) -> str:
        return "loaded"


KNOWN: dict[str, Any] = {
    "a coroutine function": load,
    "a part of one": functools.partial(load, 1),
    "a part of a part": functools.partial(functools.partial(load, 1), 2),
    "a method": Loader().method,
    "an object that is called": Loader(),
}
"""What can be known before it is called."""
HIDDEN: dict[str, Any] = {
    "a function that gives a coroutine": lambda *_: load(),
    "a part of an object": functools.partial(Loader(), 1),
}
PLAIN: dict[str, Any] = {"a plain function": plain, "a part of a plain one": functools.partial(plain, 1)}


@pytest.mark.parametrize("loader", [*KNOWN.values(), *HIDDEN.values(), *PLAIN.values()], ids=[*KNOWN, *HIDDEN, *PLAIN])
def test_asyncio_takes_whatever_gives_a_value(server: Server, namespace: str, loader: Callable[[], Any]) -> None:
    async def body() -> None:
        async with redis_patterns.aio.connect(server.url) as client:
            cache = redis_patterns.aio.Cache(client, codec=TEXT, namespace=namespace)
            assert await cache.get_or_load("k", loader) == "loaded"
            assert await cache.get("k") == patterns.Hit("loaded")

    asyncio.run(body())


@pytest.mark.parametrize("wrong", KNOWN.values(), ids=KNOWN)
def test_a_coroutine_function_is_refused_where_nobody_would_run_it(
    server: Server, namespace: str, wrong: Callable[..., Any]
) -> None:
    with patterns.connect(server.url) as client:
        cache = patterns.Cache(client, codec=TEXT, namespace=namespace)
        consumer = patterns.StreamConsumer(client, "s", "g", namespace=namespace)
        made: list[Callable[[], Any]] = [
            lambda: cache.get_or_load("k", wrong),
            lambda: cache.get_or_load_versioned("k", wrong),
            lambda: cache.write_through("k", wrong),
            lambda: consumer.run(wrong),
            lambda: patterns.VersionedObject(client, "o", ttl=60.0, namespace=namespace).update(wrong),
            lambda: patterns.Lock(client, "l", namespace=namespace, on_lost=wrong),
            lambda: patterns.Semaphore(client, "l", limit=1, namespace=namespace, on_lost=wrong),
            lambda: redis_patterns.aio.Lock(redis_patterns.aio.connect(server.url), "l", on_lost=wrong),
        ]
        for make in made:
            with pytest.raises(RedisError, match=r"ARGUMENT: .*not a coroutine function"):
                make()
        assert list(client.scan_iter(f"{namespace}:*")) == []


@pytest.mark.parametrize("wrong", HIDDEN.values(), ids=HIDDEN)
def test_a_coroutine_that_comes_as_a_surprise_is_no_value(
    server: Server, namespace: str, wrong: Callable[..., Any]
) -> None:
    with patterns.connect(server.url) as client:
        cache = patterns.Cache(client, codec=JSON, namespace=namespace)
        with pytest.raises(RedisError, match=r"ARGUMENT: .*coroutine"):
            cache.get_or_load("k", wrong)
        assert cache.get("k") == patterns.Miss()


@pytest.mark.parametrize("handler", [*HIDDEN.values(), *PLAIN.values()], ids=[*HIDDEN, *PLAIN])
def test_asyncio_ends_a_message_whose_handler_returned_once(
    server: Server, namespace: str, handler: Callable[..., Any]
) -> None:
    calls: list[str] = []

    def counted(message: Any) -> Any:
        calls.append(message.text("n"))
        return handler(message)

    async def body(redis: Any) -> None:
        await fill(redis, namespace, 1)
        async with Working(redis, namespace, counted) as consumer:
            await auntil(lambda: consumer.stats.acked == 1)

    run(server, body)
    assert calls == ["0"]


def test_a_message_whose_handler_gave_a_coroutine_is_not_ended(server: Server, namespace: str) -> None:
    """It would be lost: nobody would ever run what the handler gave."""
    with patterns.connect(server.url) as client:
        stream = patterns.MessageStream(client, "x", namespace=namespace)
        stream.add({"n": "0"})
        consumer = patterns.StreamConsumer(
            client, "x", "g", namespace=namespace, wait=0.05, backoff=0.02, max_deliveries=2
        )
        handler: Any = HIDDEN["a function that gives a coroutine"]
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(consumer.run, handler)
            until(lambda: len(stream.dead_letters()) == 1)
            consumer.stop()
            work.result(30)
        assert consumer.stats.acked == 0


NODES = [f"redis://127.0.0.1:{port}" for port in (1, 2, 3)]


@pytest.mark.parametrize("several", [list, tuple, collections.deque, iter, lambda made: (one for one in made), set])
@pytest.mark.parametrize("face", [patterns, redis_patterns.aio], ids=["threads", "asyncio"])
def test_the_nodes_of_a_redlock_come_in_whatever_can_be_gone_through(face: Any, several: Callable[[Any], Any]) -> None:
    face.Redlock(several([face.connect(url) for url in NODES]), "x")
    with pytest.raises(RedisError, match=r"ARGUMENT: .*odd number"):
        face.Redlock(several([face.connect(url) for url in NODES[:2]]), "x")
    with pytest.raises(RedisError, match=r"ARGUMENT: .*stands twice"):
        face.Redlock(several([face.connect(url) for url in (NODES[0], NODES[1], NODES[0])]), "x")


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_a_codec_may_give_any_bytes(server: Server, namespace: str, form: Any) -> None:
    codec = Codec[str](200, lambda value: form(value.encode()), lambda payload: bytes(payload).decode())
    with patterns.connect(server.url) as client:
        cache = patterns.Cache(client, codec=codec, namespace=namespace)
        assert cache.put("k", "ü")
        assert cache.get("k") == patterns.Hit("ü")
        with patterns.Subscriber(client, ["c"], codec=codec, namespace=namespace) as subscriber:
            patterns.Publisher(client, "c", codec=codec, namespace=namespace).publish("ü")
            assert subscriber.next(timeout=10).value == "ü"  # type: ignore[union-attr]


def broken(_: Any) -> Any:
    raise UnicodeError("secret")


@pytest.mark.parametrize("gives", ["text", 5, None, [1], True])
def test_a_codec_that_gives_no_bytes_is_a_typed_error(server: Server, namespace: str, gives: Any) -> None:
    codec = Codec[Any](200, lambda value: gives, lambda payload: payload)
    with patterns.connect(server.url) as client:
        with pytest.raises(CacheError, match=r"CACHECODEC: .*something else than bytes"):
            patterns.Cache(client, codec=codec, namespace=namespace).put("k", "v")
        with pytest.raises(RedisError, match=r"ARGUMENT: .*something else than bytes"):
            patterns.Publisher(client, "c", codec=codec, namespace=namespace).publish("v")


def test_a_codec_that_fails_to_read_is_a_typed_error_and_never_quoted(server: Server, namespace: str) -> None:
    codec = Codec[str](200, str.encode, broken)
    with patterns.connect(server.url) as client:
        cache = patterns.Cache(client, codec=codec, namespace=namespace)
        cache.put("k", "secret")
        for read in (lambda: cache.get("k"), lambda: cache.get_or_load("k", lambda: "v")):
            with pytest.raises(CacheError, match=r"CACHECODEC: .*UnicodeError") as caught:
                read()
            assert "secret" not in str(caught.value)
            assert caught.value.__context__ is None
        with patterns.Subscriber(client, ["c"], codec=codec, namespace=namespace) as subscriber:
            patterns.Publisher(client, "c", codec=codec, namespace=namespace).publish("secret")
            event = subscriber.next(timeout=10)
            assert isinstance(event, patterns.Undecodable)
            assert "secret" not in event.reason


def test_what_callers_make_may_say_what_it_is_of() -> None:
    """`Versioned[str](...)` is more than `Versioned(...)` to Python 3.11: it sets an attribute."""
    assert Versioned[str]("v", 1) == Versioned("v", 1)
    assert patterns.Hit[str]("v") == patterns.Hit("v")
    assert patterns.Message[str]("v", "c", 1, 2) == patterns.Message("v", "c", 1, 2)
    assert Codec[bytes](200, bytes, bytes) == Codec(200, bytes, bytes)
