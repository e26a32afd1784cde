"""The examples of the documentation print what stands beside them, as plain scripts and as functions."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import pytest

from conformance import ROOT
from conftest import Server

EXAMPLES = ROOT / "docs" / "examples"
PATTERNS = ["rate_limiting", "locks", "caching", "structures", "sessions", "operations", "pubsub", "streams"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_example_prints_its_transcript(pattern: str, server: Server) -> None:
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "python" / f"{pattern}.py"],
        env={**os.environ, "REDIS_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr == ""
    assert ran.stdout == (EXAMPLES / "output" / f"{pattern}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_example_is_a_function_too(pattern: str, server: Server, namespace: str) -> None:
    module = runpy.run_path(str(EXAMPLES / "python" / f"{pattern}.py"))
    result = module["run"]({"url": server.url, "namespace": namespace})
    golden = (EXAMPLES / "output" / f"{pattern}.txt").read_text(encoding="utf-8")
    assert "".join(f"{line}\n" for line in result["transcript"]) == golden


def test_the_code_of_the_readme_runs(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "python" / "README.md").read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    exec(compile(code.replace("redis://localhost:6379", server.url), "README.md", "exec"), {})
    assert "fence 1" in capsys.readouterr().out
