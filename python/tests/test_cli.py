"""`python -m redis_patterns`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from conformance import every
from conftest import Server
from redis_patterns.__main__ import main
from redis_patterns.script import scripts


def test_the_scripts_are_listed_with_their_sums(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scripts", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{script.sha1}  {name}" for name, script in scripts().items()]
    assert main(["scripts", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scripts"] == {n: s.sha1 for n, s in scripts().items()}


def test_a_server_computes_the_same_sums(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scripts", "verify", "--json", "--url", server.url]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert len(answer["scripts"]) == len(scripts())


def test_a_server_that_is_not_there_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scripts", "verify", "--url", "unix:///nowhere/redis.sock"]) == 3
    assert "CONNECT at /nowhere/redis.sock" in capsys.readouterr().err


def test_it_runs_as_a_module_and_refuses_wrong_usage() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "redis_patterns", "scripts", "list"], capture_output=True, check=True
    )
    assert b"lock_acquire" in listed.stdout
    wrong = subprocess.run([sys.executable, "-m", "redis_patterns", "nope"], capture_output=True, check=False)
    assert wrong.returncode == 64


@every("exits")
def test_a_command_line_ends_as_in_swift(
    case: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    for name, value in case.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    assert main(case["given"]) == case["expect"]
    said = capsys.readouterr()
    assert bool(said.err) == (case["expect"] != 0)
    assert "secret" not in said.err + said.out


LINES = ["scripts list", "scripts list --json", "scripts show lock_acquire", "doctor", "doctor --json", "--help"]


@pytest.mark.parametrize("line", LINES)
def test_a_closed_pipe_is_141_without_a_word(server: Server, line: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = subprocess.run(
        [sys.executable, "-m", "redis_patterns", *line.split()],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "REDIS_URL": server.url},
    )
    os.close(writing)
    assert (program.returncode, program.stderr) == (141, b"")
