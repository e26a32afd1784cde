"""What the doctor must not do: write, read values, need more than its ACL line, tell a secret, or call unknown ok."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple
from unittest import mock

import pytest
import redis
import redis.asyncio

import redis_patterns
import redis_patterns.aio
from conformance import ROOT, cases
from conftest import Server
from redis_patterns import Doctor, RedisError
from redis_patterns.__main__ import main
from redis_patterns._connect import connect
from redis_patterns._scenario import doctor as vectors
from redis_patterns.operations.calls import verb_of
from redis_patterns.operations.checklist import SEVERITIES, load
from test_doctor import ITEMS, calm, healthy

SECRET = "hunter2hunter2"
ACL = re.search(r"ACL SETUSER doctor (.*)`", (ROOT / "docs/patterns/operations.md").read_text("utf-8"))


def planted(client: redis.Redis) -> None:
    """A bit of everything, with a secret wherever one may stand."""
    client.set("user:1", SECRET)
    client.set(f"token:{SECRET}", SECRET)
    client.set("lock:a", SECRET)
    client.set("ratelimit:a", 1)
    client.hset("lock:{b}", mapping={"fence": 1, "owner": SECRET})
    client.rpush("jobs:1", SECRET)
    client.xadd("events:1", {"password": SECRET})
    client.execute_command("XGROUP", "CREATE", "events:1", SECRET, "0")
    client.xreadgroup(SECRET, SECRET, {"events:1": ">"})
    client.config_set("slowlog-log-slower-than", 0)
    client.set("user:2", SECRET)
    client.keys(f"{SECRET}*")
    client.config_set("slowlog-log-slower-than", 10_000)


def known(client: redis.Redis, command: str) -> str:
    """What the server counts and forbids as this command: before 7.0 not `CONFIG GET` but `CONFIG`."""
    version = str(client.info("server")["redis_version"])
    return command if int(version.partition(".")[0]) >= 7 else command.partition(" ")[0]


def test_it_sends_only_what_the_list_allows_and_all_of_that_only_reads(own_server: Server) -> None:
    client = own_server.client()
    planted(client)
    before = {key: client.dump(key) for key in client.keys("*")}
    client.config_resetstat()
    recorded: list[Any] = []
    watching, done = threading.Event(), threading.Event()

    def watch() -> None:
        with own_server.client().monitor() as monitor:
            watching.set()
            for command in monitor.listen():
                recorded.append(command["command"])
                if "the-end" in command["command"]:
                    done.set()
                    return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    assert watching.wait(10)
    Doctor(connect(own_server.url)).examine()
    client.echo("the-end")
    assert done.wait(10)
    thread.join(10)
    setup = {"CLIENT SETNAME", "CLIENT SETINFO", "ECHO"}
    sent = {verb_of(tuple(line.upper().split(" "))) for line in recorded} - setup
    assert sent <= set(load().commands)
    assert {"SCAN", "TYPE", "XPENDING", "HEXISTS", "INFO"} <= sent, "the record is empty"
    # MONITOR leaves out what administrates; the server's own counters have that too.
    counted = {name.removeprefix("cmdstat_").replace("|", " ").upper() for name in client.info("commandstats")}
    allowed = {known(client, command) for command in load().commands}
    counted -= {known(client, command) for command in setup | {"MONITOR", "CONFIG RESETSTAT"}} - allowed
    assert counted <= allowed
    assert {known(client, command) for command in sent | {"SLOWLOG GET", "CLIENT LIST", "CONFIG GET"}} <= counted
    assert before == {key: client.dump(key) for key in client.keys("*")}
    # The server itself says that none of them writes.
    for name in load().commands:
        verb, *second = known(client, name).split(" ")
        listed = client.execute_command("COMMAND", "INFO", "|".join([verb, *second]).lower())
        ((_, details),) = listed.items() if isinstance(listed, dict) else [("", listed[0])]
        assert details is not None, name
        flags = details["flags"] if isinstance(details, dict) else details[2]
        assert not {"write", b"write"} & set(flags), name


def test_its_acl_line_is_enough_and_minimal(own_server: Server) -> None:
    client = own_server.client()
    planted(client)
    assert ACL is not None
    words = ACL[1].split()
    full = Doctor(connect(own_server.url)).examine()
    client.execute_command("ACL", "SETUSER", "doctor", *words)
    password = next(word for word in words if word.startswith(">"))[1:]
    path = own_server.url.removeprefix("unix://")
    report = Doctor(connect(f"unix://doctor:{password}@{path}")).examine()
    assert vectors.steady(report)["items"] == vectors.steady(full)["items"]
    granted = {word[1:].replace("|", " ").upper() for word in words if word.startswith("+")}
    assert granted == {*load().commands, "PING"}
    writer = connect(f"unix://doctor:{password}@{path}")
    for command in ("GET user:1", "SET x y", "XRANGE events:1 - +", "CONFIG SET a b", "HGETALL lock:{b}"):
        with pytest.raises(redis.exceptions.NoPermissionError):
            writer.execute_command(*command.split(" "))


def test_what_is_forbidden_makes_nothing_ok(own_server: Server) -> None:
    client = own_server.client()
    planted(client)
    full = {item.id: item for item in Doctor(connect(own_server.url)).examine().items}
    path = own_server.url.removeprefix("unix://")
    for command in load().commands:
        forbidden = f"-{known(client, command).lower().replace(' ', '|')}"
        client.execute_command("ACL", "SETUSER", "half", "reset", "on", ">pw", "~*", "&*", "+@all", forbidden)
        with connect(f"unix://half:pw@{path}") as half:
            partly = Doctor(half).examine()
        for item in partly.items:
            before = full[item.id].status
            if item.status in ("ok", "none"):
                assert before in ("ok", "none"), f"{item.id}: {before}, and {item.status} without {command}"


def test_with_one_permission_the_rest_is_unknown(own_server: Server) -> None:
    own_server.client().execute_command("ACL", "SETUSER", "nobody", "on", ">pw", "-@all", "+dbsize")
    path = own_server.url.removeprefix("unix://")
    report = Doctor(connect(f"unix://nobody:pw@{path}")).examine()
    assert {item.id: item.status for item in report.items} == dict.fromkeys(ITEMS, "unknown")
    assert report.verdict == "unknown"
    assert [report.exit_code(bad) for bad in ("critical", "warning", "unknown", "never")] == [0, 0, 1, 0]


def test_no_secret_stands_in_what_it_prints(own_server: Server) -> None:
    client = own_server.client()
    planted(client)
    client.config_set("requirepass", SECRET)
    path = own_server.url.removeprefix("unix://")
    for url in (f"unix://:{SECRET}@{path}", f"unix://:{SECRET}wrong@{path}", f"unix://:{SECRET}@/nowhere/{path}"):
        for options in ([], ["--json"]):
            ran = doctor(*options, url=url)
            assert SECRET not in ran.stdout + ran.stderr
    assert SECRET not in repr(Doctor(connect(f"unix://:{SECRET}@{path}")).examine())


def doctor(*options: str, url: str | None) -> Ran:
    """Runs the command in this process."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    if url is not None:
        environment["REDIS_URL"] = url
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment, clear=True), redirect_stdout(out), redirect_stderr(err):
        code = main(["doctor", *options])
    return Ran(code, out.getvalue(), err.getvalue())


class Ran(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def test_it_runs_as_a_module(own_server: Server) -> None:
    own_server.client().set("lock:a", "1", ex=60)
    command = [sys.executable, "-m", "redis_patterns", "doctor", "--url", own_server.url]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 2, ran.stderr
    assert "critical locks.no_token" in ran.stdout


def test_exit_codes_tell_the_worst_from_what_was_asked_on(own_server: Server) -> None:
    client, url = own_server.client(), own_server.url
    client.config_set("maxmemory", "100mb")
    for fail_on, code in (("critical", 0), ("warning", 0), ("unknown", 1), ("never", 0)):
        assert doctor("--fail-on", fail_on, url=url).returncode == code, fail_on
    client.set("plain", "x", ex=60)
    for fail_on, code in (("critical", 0), ("warning", 1), ("never", 0)):
        assert doctor("--fail-on", fail_on, url=url).returncode == code, fail_on
    client.set("lock:a", "1", ex=60)
    for fail_on, code in (("critical", 2), ("warning", 2), ("unknown", 2), ("never", 0)):
        assert doctor("--fail-on", fail_on, url=url).returncode == code, fail_on
    shown = doctor("--json", "--item", "locks", url=url)
    assert [item["id"] for item in json.loads(shown.stdout)["items"]] == ["locks"]
    assert shown.returncode == 2


@pytest.mark.parametrize(
    ("options", "url", "code"),
    [
        ([], "unix:///nowhere/redis.sock", 3),
        ([], "redis://127.0.0.1:1", 3),
        ([], None, 64),
        ([], "http://x", 64),
        (["--fail-on", "sometimes"], "redis://127.0.0.1:1", 64),
        (["--item", "weather"], "redis://127.0.0.1:1", 64),
        (["--max-keys", "0"], "redis://127.0.0.1:1", 64),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(options: list[str], url: str | None, code: int) -> None:
    ran = doctor(*options, url=url)
    assert ran.returncode == code, ran.stderr
    assert ran.stdout == ""
    assert ran.stderr


def test_an_interruption_is_130(own_server: Server) -> None:
    with mock.patch.object(Doctor, "examine", side_effect=KeyboardInterrupt):
        assert doctor(url=own_server.url).returncode == 130


def test_who_could_not_look_says_so(own_server: Server) -> None:
    own_server.client().execute_command("ACL SETUSER blind on >pw ~* -@all")
    places = [
        ("?db=99", "SERVER"), ("//blind:pw@", "NOPERM"), ("//blind:pw@?db=1", "NOPERM"), ("//blind:no@", "AUTH"),
    ]  # fmt: skip
    for place, code in places:
        user, _, option = place.partition("?")
        ran = doctor("--json", url=f"unix:{user or '//'}{own_server.path}{'?' + option if option else ''}")
        assert ran.returncode == 3, ran.stderr
        assert f"doctor: {code} at {own_server.path}" in ran.stderr
        document = json.loads(ran.stdout)
        assert (document["verdict"], document["error"]["code"]) == ("unknown", code)


def test_wrong_arguments_are_refused_before_anything_is_sent(server: Server) -> None:
    for wrong in ({"items": ["weather"]}, {"max_keys": 0}, {"max_time": 0.0}):
        with pytest.raises(RedisError, match="ARGUMENT"):
            Doctor(connect(server.url), **wrong)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases("judgements")])
def test_facts_are_judged_as_the_vector_says(case: dict[str, Any]) -> None:
    assert vectors.judged(case["given"]) == case["expect"]


def test_every_finding_is_provoked_by_a_vector() -> None:
    items = [item for _, case in cases("judgements") for item in case["expect"]["items"]]
    seen = {found["id"] for item in items for found in item["findings"]}
    known = {f"{entry.id}.{name}" for entry in load().items for name in entry.findings}
    assert known - seen == set()
    assert all(words["severity"] in SEVERITIES for entry in load().items for words in entry.findings.values())


async def _async_report(url: str) -> Any:
    async with redis_patterns.aio.connect(url) as client:
        return (await redis_patterns.aio.Doctor(client).examine()).json()


def test_asyncio_says_the_same(own_server: Server) -> None:
    planted(own_server.client())
    (one, other) = Doctor(connect(own_server.url)).examine(), asyncio.run(_async_report(own_server.url))
    for item, twin in zip(one.json()["items"], other["items"], strict=True):
        assert (item["id"], item["status"]) == (twin["id"], twin["status"])


def test_the_mail_of_a_healthy_server_is_one_page() -> None:
    with healthy() as (_, client):
        text = calm(client).text()
    assert text.count("\n") < 30
    assert "coordination  lock:{<name>}:fence (string), " in text
    assert "0 critical, 0 warning, 0 unknown, 12 ok, 0 none" in text
