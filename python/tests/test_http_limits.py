"""The middleware behind real servers: uvicorn, and Hummingbird where `REDIS_PATTERNS_HUMMINGBIRD` names its server."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import redis_patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns.asgi import RateLimitMiddleware, Receive, Scope, Send
from waiting import until

SERVERS: dict[str, list[str]] = {"asgi": [sys.executable, str(Path(__file__).with_name("limited_app.py"))]}
if hummingbird := os.environ.get("REDIS_PATTERNS_HUMMINGBIRD"):
    SERVERS["hummingbird"] = [hummingbird]
PROBLEM = {
    "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "title": "Request cannot be satisfied as assigned quota has been exceeded",
    "status": 429,
}
OURS = ("ratelimit-policy", "ratelimit", "retry-after")


@dataclass
class Response:
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def ours(self) -> dict[str, str]:
        return {name: self.fields[name] for name in OURS if name in self.fields}


class Front:
    """A server process and the way to it."""

    def __init__(self, command: list[str], url: str, namespace: str, policy: str) -> None:
        self.process = subprocess.Popen([*command, url, namespace, policy], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, user: str | None = "u", *, path: str = "/", cost: int | None = None) -> Response:
        connection = self.connect()
        try:
            return exchange(connection, user, path=path, cost=cost)
        finally:
            connection.close()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def exchange(
    connection: http.client.HTTPConnection,
    user: str | None,
    *,
    method: str = "GET",
    path: str = "/",
    cost: int | None = None,
) -> Response:
    headers = {} if user is None else {"X-User": user}
    if cost is not None:
        headers["X-Cost"] = str(cost)
    connection.request(method, path, headers=headers, body=b"x" * 10_000 if method == "POST" else None)
    answer = connection.getresponse()
    names = [name.lower() for name, _ in answer.getheaders()]
    assert len(names) == len(set(names)), names
    return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


Start = Callable[[str], Front]


@pytest.fixture(params=SERVERS)
def start(request: pytest.FixtureRequest, own_server: Server) -> Iterator[Start]:
    """Starts a server of this kind under a policy, on the test's own Redis."""
    fronts: list[Front] = []

    def begin(policy: str) -> Front:
        fronts.append(Front(SERVERS[request.param], own_server.url, "web", policy))
        return fronts[-1]

    yield begin
    for front in fronts:
        front.stop()


def test_what_passes_says_what_is_left_and_what_does_not_says_when(start: Start) -> None:
    front = start("closed")
    first = front.ask()
    assert (first.status, first.body) == (200, b"hello")
    assert first.ours == {
        "ratelimit-policy": '"hour";q=3;w=3600, "day";q=1000;w=86400',
        "ratelimit": '"hour";r=2;t=3600, "day";r=999;t=172800',
    }
    assert [front.ask().status for _ in range(2)] == [200, 200]
    denied = front.ask()
    assert denied.status == 429
    assert denied.fields["content-type"] == "application/problem+json"
    assert json.loads(denied.body) == PROBLEM | {"violated-policies": ["hour"]}
    assert int(denied.fields["content-length"]) == len(denied.body)
    wait = int(denied.fields["retry-after"])
    assert 3000 < wait <= 3600
    assert denied.fields["ratelimit"] == f'"hour";r=0;t={wait}, "day";r=997'
    assert front.ask("another").status == 200


def test_a_cost_is_charged_and_one_that_never_fits_has_no_retry_after(start: Start) -> None:
    front = start("closed")
    assert front.ask(cost=2).fields["ratelimit"].startswith('"hour";r=1;')
    assert front.ask(cost=2).status == 429
    impossible = front.ask(cost=4)
    assert (impossible.status, impossible.fields.get("retry-after")) == (429, None)
    assert impossible.fields["ratelimit"] == '"hour";r=1, "day";r=998'


def test_an_error_of_the_application_says_what_is_left(start: Start) -> None:
    missing = start("closed").ask(path="/missing")
    assert missing.status == 404
    assert missing.fields["ratelimit"].startswith('"hour";r=2;')


def test_who_is_nobody_is_not_limited(start: Start) -> None:
    front = start("closed")
    answers = [front.ask(None) for _ in range(5)]
    assert [(answer.status, answer.ours) for answer in answers] == [(200, {})] * 5


def test_many_at_once_are_admitted_exactly_the_limit(start: Start) -> None:
    front = start("raise")
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: front.ask("crowd").status, range(48)))
    assert sorted(statuses) == [200] * 3 + [429] * 45


def test_a_refused_body_does_not_disturb_the_connection(start: Start) -> None:
    front = start("closed")
    connection = front.connect()
    statuses = [exchange(connection, "u", method="POST").status for _ in range(5)]
    head = exchange(connection, "u", method="HEAD")
    assert statuses == [200, 200, 200, 429, 429]
    assert (head.status, head.body) == (429, b"")
    assert exchange(connection, "other").body == b"hello"
    connection.close()


@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("closed", 503), ("raise", 500)])
def test_an_outage_is_never_a_429(start: Start, own_server: Server, policy: str, status: int) -> None:
    front = start(policy)
    assert [front.ask().status for _ in range(4)] == [200, 200, 200, 429]
    own_server.process.kill()
    own_server.process.wait()
    while_down = [front.ask() for _ in range(5)]
    assert [answer.status for answer in while_down] == [status] * 5
    assert [answer.ours for answer in while_down] == [{}] * 5
    if policy == "closed":
        assert while_down[0].fields["content-type"] == "application/problem+json"
        assert json.loads(while_down[0].body)["status"] == 503
    own_server.restart()
    # A new server remembers nothing; as soon as it is reached, the limit holds again.
    until(lambda: "ratelimit" in front.ask("probe").ours)
    assert [front.ask("again").status for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("closed", 503)])
def test_a_store_that_hangs_is_an_outage_too(start: Start, own_server: Server, policy: str, status: int) -> None:
    front = start(policy)
    assert front.ask().status == 200
    own_server.process.send_signal(signal.SIGSTOP)
    try:
        assert front.ask().status == status
    finally:
        own_server.process.send_signal(signal.SIGCONT)
    until(lambda: "ratelimit" in front.ask("probe").ours)


def test_an_id_that_cannot_be_sent_never_passes(start: Start) -> None:
    front = start("open")
    assert front.ask("x" * 600).status == 500
    assert front.ask().status == 200


def test_the_fields_are_structured_lists(start: Start) -> None:
    front = start("closed")
    # RFC 9651, as far as the draft uses it: strings with integer parameters.
    item = r'"[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:;[a-z][a-z0-9_.*-]*=-?\d{1,15})*'
    for answer in (front.ask(), front.ask(cost=9)):
        for name in ("ratelimit-policy", "ratelimit"):
            assert re.fullmatch(rf"{item}(?:, {item})*", answer.fields[name]), answer.fields[name]


def test_other_scopes_pass() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return {}

    client = redis_patterns.aio.connect("redis://127.0.0.1:1")
    limiter = redis_patterns.aio.RateLimiter(client, redis_patterns.aio.Limit.token_bucket(1, per=1.0))
    guarded = RateLimitMiddleware(app, limiter, identify=lambda _: "u", on_failure="raise")
    for kind in ("websocket", "lifespan"):
        asyncio.run(guarded({"type": kind}, nothing, nothing))
    assert seen == ["websocket", "lifespan"]


def test_a_policy_must_be_one_of_the_three() -> None:
    with pytest.raises(redis_patterns.RedisError):
        RateLimitMiddleware(None, None, identify=lambda _: "u", on_failure="ajar")  # type: ignore[arg-type]


@pytest.mark.skipif("hummingbird" not in SERVERS, reason="REDIS_PATTERNS_HUMMINGBIRD names no server")
def test_both_servers_share_one_limit_and_answer_the_same(own_server: Server) -> None:
    fronts = [Front(command, own_server.url, "web", "closed") for command in SERVERS.values()]
    try:
        passed = [front.ask().ours for front in (*fronts, fronts[0])]
        assert [fields["ratelimit"].split(";")[1] for fields in passed] == ["r=2", "r=1", "r=0"]
        refused = [front.ask() for front in fronts]
        assert [answer.status for answer in refused] == [429, 429]
        assert refused[0].body == refused[1].body
        assert refused[0].ours.keys() == refused[1].ours.keys()
        assert refused[0].fields["ratelimit-policy"] == refused[1].fields["ratelimit-policy"]
        apart = [int(answer.fields["retry-after"]) for answer in refused]
        assert 0 <= apart[0] - apart[1] <= 60
    finally:
        for front in fronts:
            front.stop()
