"""A private redis-server per test process, on a unix socket, and the watch that no key of ours lives for ever."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from immortal import Sampler

SERVER = os.environ.get("REDIS_PATTERNS_REDIS_SERVER") or shutil.which("redis-server") or "valkey-server"
"""The program that every test's server runs, chosen as the Swift tests do."""


class Server:
    """A redis-server that lives as long as the session."""

    def __init__(self, *options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="rp-"))
        self.path = self.directory / "s"
        self._options = options
        self.process = self._start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def client(self, *, database: int = 0) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(self.path), db=database, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=20
        )

    def restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [SERVER, "--port", "0", "--unixsocket", str(self.path), "--save", "", "--appendonly", "no"]
        command += ["--dir", str(self.directory), "--databases", "16", *self._options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client, end = self.client(), time.monotonic() + 15
        while True:
            try:
                client.ping()
                return process
            except redis.ConnectionError:
                if time.monotonic() > end or process.poll() is not None:
                    raise
                threading.Event().wait(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The session's server. Database 0 is watched for keys that would never expire; 1 and up are in virtual time."""
    server = Server()
    sampler = Sampler(server.client())
    sampler.start()
    yield server
    faults = sampler.finish()
    server.stop()
    assert faults == {}


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server of the test's own, to stop or to reconfigure."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[redis.Redis]:
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def virtual(server: Server) -> Iterator[redis.Redis]:
    """An empty database for virtual time, which only this test uses while it runs."""
    client = server.client(database=1)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def namespace() -> str:
    return "t" + secrets.token_hex(6)


@pytest.fixture
def seed() -> int:
    """The seed of a random test; `REDIS_PATTERNS_SEED` repeats one. pytest shows it when the test fails."""
    seed = int(os.environ.get("REDIS_PATTERNS_SEED") or secrets.randbits(32))
    print(f"REDIS_PATTERNS_SEED={seed}")
    return seed


@pytest.fixture
def scale() -> float:
    """Multiplies the counts of random tests; 1 is the short share."""
    return float(os.environ.get("REDIS_PATTERNS_SCALE") or 1)
