"""`python -m redis_patterns`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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
    assert main(["scripts", "verify", "--url", "unix:///nowhere/redis.sock"]) == 2
    assert "CONNECT at /nowhere/redis.sock" in capsys.readouterr().err


def test_it_runs_as_a_module_and_refuses_wrong_usage() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "redis_patterns", "scripts", "list"], capture_output=True, check=True
    )
    assert b"lock_acquire" in listed.stdout
    wrong = subprocess.run([sys.executable, "-m", "redis_patterns", "scripts"], capture_output=True, check=False)
    assert wrong.returncode == 64
