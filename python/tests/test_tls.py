"""What is verified of a server that speaks TLS, and what is said when it is not; with every redis-py alike."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server, free_port
from redis_patterns import Limit, RedisError

LIMIT = Limit.token_bucket(1_000, per=1.0)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A server whose certificate is its own and names `localhost`; the certificate's file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    directory, port = tmp_path_factory.mktemp("tls"), free_port()
    key, certificate = str(directory / "key.pem"), str(directory / "certificate.pem")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    subprocess.run(made, check=True, capture_output=True)
    options = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate]
    try:
        server = Server("--tls-port", str(port), *options, "--tls-auth-clients", "no", "--bind", "127.0.0.1")
    except redis.ConnectionError:
        pytest.skip("this redis-server has no TLS")
    yield port, certificate
    server.stop()


def take(url: str, options: dict[str, Any]) -> bool:
    with patterns.connect(url, **options) as client:
        return patterns.RateLimiter(client, LIMIT).take("u").allowed


def atake(url: str, options: dict[str, Any]) -> bool:
    async def body() -> bool:
        async with redis_patterns.aio.connect(url, **options) as client:
            return (await redis_patterns.aio.RateLimiter(client, LIMIT).take("u")).allowed

    return asyncio.run(body())


FACES = pytest.mark.parametrize("ask", [take, atake], ids=["threads", "asyncio"])


@FACES
@pytest.mark.parametrize("wanted", ["none", None, ssl.CERT_NONE])
def test_a_certificate_is_not_verified_when_that_is_said(
    port: tuple[int, str], ask: Callable[..., bool], wanted: Any
) -> None:
    """redis-py 5 cannot do so while host names are checked, which is our default."""
    assert ask(f"rediss://127.0.0.1:{port[0]}", {"ssl_cert_reqs": wanted})


@FACES
def test_certificate_and_host_name_are_verified_by_default(port: tuple[int, str], ask: Callable[..., bool]) -> None:
    number, file = port
    assert ask(f"rediss://localhost:{number}", {"ssl_ca_certs": file})
    assert ask(f"rediss://127.0.0.1:{number}", {"ssl_ca_certs": file, "ssl_check_hostname": False})
    assert ask(f"redis://localhost:{number}", {"ssl": True, "ssl_ca_certs": file})
    for url, options in (
        (f"rediss://127.0.0.1:{number}", {"ssl_ca_certs": file}),
        (f"redis://127.0.0.1:{number}", {"ssl": True, "ssl_ca_certs": file}),
        (f"rediss://localhost:{number}", {}),
        (f"rediss://localhost:{number}", {"ssl_check_hostname": False}),
    ):
        with pytest.raises(RedisError, match=r"CONNECT .*certificate verify failed"):
            ask(url, options)


@FACES
@pytest.mark.parametrize("options", [{"ssl_cert_reqs": "never"}, {"ssl_cert_reqs": "none", "ssl_check_hostname": True}])
def test_what_cannot_be_verified_is_an_argument_s_error(ask: Callable[..., bool], options: dict[str, Any]) -> None:
    with pytest.raises(RedisError, match=r"ARGUMENT: ssl_"):
        ask("rediss://127.0.0.1:1", options)
