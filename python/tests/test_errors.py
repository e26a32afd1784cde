"""Errors: what they say, and what they never say."""

from __future__ import annotations

import asyncio
import copy
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

import redis_patterns as patterns
import redis_patterns.aio
from conformance import every
from conftest import Server, free_port
from redis_patterns.errors import _NEXT_STEP, server_error
from waiting import auntil, until

SECRET = "hunter2-0af3"
LIMIT = patterns.Limit.token_bucket(10, per=3600.0)


def failure(url: str, **options: Any) -> patterns.RedisError:
    with patterns.connect(url, **options) as client, pytest.raises(patterns.RedisError) as caught:
        patterns.RateLimiter(client, LIMIT).take("private-id")
    return caught.value


def everything(error: BaseException) -> str:
    texts = []
    link: BaseException | None = error
    while link is not None:
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        link = link.__cause__ or link.__context__
    return "\n".join(texts)


def test_nobody_listening_is_connect_and_was_not_executed() -> None:
    port = free_port()
    error = failure(f"redis://me:{SECRET}@127.0.0.1:{port}")
    assert (error.code, error.execution) == (patterns.Code.CONNECT, patterns.Execution.NOT_EXECUTED)
    assert str(error).startswith(f"CONNECT at 127.0.0.1:{port}: connection refused (EVALSHA, notExecuted). Check that")
    assert SECRET not in everything(error)
    assert "private-id" not in everything(error)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_that_does_not_answer_is_a_timeout_and_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        held: list[socket.socket] = []
        # redis-py sends CLIENT SETINFO first; it must be answered for the call itself to hang.
        answering = threading.Thread(target=lambda: held.append(listener.accept()[0]))
        answering.start()
        error = failure(f"redis://127.0.0.1:{port}", timeout=0.1, lib_name=None, lib_version=None)
        answering.join()
        for connection in held:
            connection.close()
    assert (error.code, error.execution) == (patterns.Code.TIMEOUT, patterns.Execution.UNKNOWN)


def test_a_wrong_password_is_auth_and_the_password_stays_secret(own_server: Server) -> None:
    client = own_server.client()
    client.config_set("requirepass", "another")
    for url in (f"unix://:{SECRET}@{own_server.path}", f"unix://{own_server.path}"):
        error = failure(url)
        assert (error.code, error.execution) == (patterns.Code.AUTH, patterns.Execution.NOT_EXECUTED)
        assert error.address == str(own_server.path)
        assert SECRET not in everything(error)


BAD_URLS = [
    "http://localhost",
    f"redis://:{SECRET}@localhost:port",
    f"redis:{SECRET}",
    f"redis://:{SECRET}@localhost/abc",
    f"redis://:{SECRET}@localhost/3/4",
    f"redis://:{SECRET}@localhost?nonsense=1",
    f"redis://:{SECRET}@localhost?{SECRET}=1",
    f"redis://localhost?db={SECRET}",
    f"redis://:{SECRET}@localhost?socket_timeout=abc",
    f"redis://:{SECRET}\ud800@localhost",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_url_is_a_url_error_without_its_secret(url: str) -> None:
    for connect in (patterns.connect, redis_patterns.aio.connect):
        with pytest.raises(patterns.RedisError) as caught:
            connect(url)
        assert caught.value.code is patterns.Code.URL
        assert SECRET not in everything(caught.value)


@every("urls")
def test_a_url_says_the_same_as_in_swift(case: dict[str, Any]) -> None:
    expected = case["expect"]
    for connect in (patterns.connect, redis_patterns.aio.connect):
        try:
            client: Any = connect(case["given"])
        except patterns.RedisError as error:
            assert expected == {"error": error.code.value, "at": int(error.message.split()[2].rstrip(":"))}
            assert error.execution is patterns.Execution.NOT_EXECUTED
            continue
        settings = client.connection_pool.connection_kwargs
        host = settings.get("host", "")
        found = {
            "address": settings.get("path") or f"{f'[{host}]' if ':' in host else host}:{settings['port']}",
            "tls": "SSL" in client.connection_pool.connection_class.__name__,
            "user": settings["username"],
            "password": settings["password"],
            "database": settings["db"],
            "client_name": settings.get("client_name"),
            "timeout_ms": said(settings["socket_timeout"], 5.0),
            "connect_timeout_ms": said(settings["socket_connect_timeout"], 2.0),
        }
        assert {name: value for name, value in found.items() if value not in (None, False, 0)} == expected


def said(seconds: float, default: float) -> int | None:
    return None if seconds == default else round(seconds * 1000)


def test_a_tls_url_speaks_tls_and_never_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def hear() -> bytes:
            connection, _ = listener.accept()
            with connection:
                return connection.recv(3)

        heard = pool.submit(hear)
        error = failure(f"rediss://:{SECRET}@127.0.0.1:{listener.getsockname()[1]}")
        assert heard.result(10) == b"\x16\x03\x01"  # the hello of a TLS handshake
    assert (error.code, error.execution) == (patterns.Code.CONNECT, patterns.Execution.NOT_EXECUTED)
    with patterns.connect("rediss://host") as client:
        settings = client.connection_pool.connection_kwargs
        assert settings["ssl_cert_reqs"] == "required"
        assert settings["ssl_check_hostname"]


@pytest.mark.parametrize("options", [{"nonsense": 1}, {"retry": None}, {"timeout": None}, {"connect_timeout": "1"}])
def test_a_wrong_option_is_an_argument_error_before_anything_is_sent(options: dict[str, Any]) -> None:
    for connect in (patterns.connect, redis_patterns.aio.connect):
        with pytest.raises(patterns.RedisError) as caught:
            connect("redis://localhost", **options)
        assert caught.value.code is patterns.Code.ARGUMENT
        assert next(iter(options)) in caught.value.message


def test_a_server_that_does_not_know_a_command_does_not_tell_its_arguments() -> None:
    server = Server("--rename-command", "EVALSHA", "")
    try:
        error = failure(server.url)
        assert (error.code, error.server_code) == (patterns.Code.SERVER, "ERR")
        assert error.message.replace("`", "'") == "ERR unknown command 'EVALSHA'"  # Redis 6.2 quotes otherwise
        assert "private-id" not in everything(error)
    finally:
        server.stop()


def test_a_full_server_refuses_to_take_and_still_gives_back(own_server: Server) -> None:
    client = own_server.client()
    limiter = patterns.RateLimiter(client, LIMIT)
    lock = patterns.Lock(client, "x")
    cache: patterns.Cache[bytes] = patterns.Cache(client)
    limiter.take("u", request="r")
    lease = lock.acquire()
    cache.get_or_load("k", lambda: b"v")
    client.config_set("maxmemory", 1)
    with pytest.raises(patterns.RedisError) as caught:
        limiter.take("u")
    assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    assert limiter.refund("u", "r").status == "refunded"
    lease.renew()
    lease.release()
    assert cache.delete("k", holdoff=1.0)
    client.config_set("maxmemory", 0)
    assert client.keys("lock:{x}") == []


def test_a_key_of_another_type_is_wrong_type(client: Any, namespace: str) -> None:
    client.set(f"{namespace}:bucket:{{u}}", "something else", ex=60)
    with pytest.raises(patterns.RedisError) as caught:
        patterns.RateLimiter(client, LIMIT, namespace=namespace).take("u")
    assert caught.value.code is patterns.Code.WRONG_TYPE
    assert caught.value.execution is patterns.Execution.PARTIAL


def test_errors_can_be_copied_and_every_code_has_a_next_step() -> None:
    error = server_error("LOADING Redis is loading the dataset in memory", command="EVALSHA", address="a:1")
    twin = copy.deepcopy(error)
    assert (str(twin), twin.code, twin.execution) == (str(error), error.code, error.execution)
    assert set(_NEXT_STEP) == set(patterns.Code)
    assert error.documentation == "docs/errors.md#loading"


def test_a_flushed_script_is_loaded_again(own_server: Server) -> None:
    client = own_server.client()
    limiter = patterns.RateLimiter(client, LIMIT)
    limiter.take("u")
    client.script_flush()
    assert limiter.take("u").tiers[0].remaining == 8

    async def again() -> int:
        async with redis_patterns.aio.connect(own_server.url) as aclient:
            await aclient.script_flush()
            decision = await redis_patterns.aio.RateLimiter(aclient, LIMIT).take("u")
            return decision.tiers[0].remaining

    assert asyncio.run(again()) == 7


@pytest.fixture
def by_tcp() -> Iterator[tuple[Server, str]]:
    """For redis-py 7.4 cannot speak RESP3 on a unix socket."""
    port = free_port()
    server = Server("--port", str(port))
    yield server, f"redis://127.0.0.1:{port}"
    server.stop()


@pytest.mark.parametrize("options", [{}, {"decode_responses": True}, {"protocol": 3}, {"protocol": 2}])
def test_a_client_of_one_s_own_gets_the_same_answers(
    by_tcp: tuple[Server, str], namespace: str, options: dict[str, Any]
) -> None:
    server, url = by_tcp
    with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options) as client:
        assert patterns.RateLimiter(client, LIMIT, namespace=namespace).take("u").allowed
        cache = patterns.Cache(client, codec=patterns.JSON, namespace=namespace)
        assert cache.get_or_load("k", lambda: "ü") == "ü"
        assert cache.get("k") == patterns.Hit("ü")
        lock = patterns.Lock(client, "x", namespace=namespace, patience=30.0)
        with ThreadPoolExecutor(1) as pool:
            with lock as lease:
                waiter = pool.submit(lock.acquire)
                until(lambda: client.llen(f"{namespace}:lock:{{x}}:queue") == 1)
                until(lambda: client.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 1)
            second = waiter.result(5)  # woken: the next poll is ten seconds away
        assert second.fence > lease.fence
        second.release()

    async def body() -> None:
        async with redis.asyncio.Redis.from_url(url, retry=AsyncRetry(NoBackoff(), 0), **options) as client:
            limiter = redis_patterns.aio.RateLimiter(client, LIMIT, namespace=namespace)
            assert (await limiter.take("u")).tiers[0].remaining == 8
            cache = redis_patterns.aio.Cache(client, codec=patterns.JSON, namespace=namespace)
            assert await cache.get("k") == patterns.Hit("ü")
            lock = redis_patterns.aio.Lock(client, "x", namespace=namespace, patience=30.0)
            async with lock:
                waiter = asyncio.create_task(lock.acquire())
                await auntil(lambda: watcher.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 1)
            await (await asyncio.wait_for(waiter, 5)).release()

    with server.client() as watcher:
        asyncio.run(body())


def test_a_number_in_a_url_may_be_as_long_as_it_likes() -> None:
    with patterns.connect(f"redis://localhost/{'0' * 5000}1") as client:
        assert client.connection_pool.connection_kwargs["db"] == 1
    with pytest.raises(patterns.RedisError, match="number from 0"):
        patterns.connect(f"redis://localhost/{'9' * 5000}")


@pytest.mark.parametrize("option", ["connection_pool", "retry", "nonsense"])
def test_an_option_that_is_not_ours_to_take_is_refused(option: str) -> None:
    options: dict[str, Any] = {option: None}
    for connect in (patterns.connect, redis_patterns.aio.connect):
        with pytest.raises(patterns.RedisError, match=option) as caught:
            connect("redis://localhost", **options)
        assert caught.value.code is patterns.Code.ARGUMENT
