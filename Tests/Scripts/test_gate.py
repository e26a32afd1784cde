"""The gate counts what its stages really said: a failure, a crash and an empty run are never taken for success."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

SWIFT = """◇ Test run started.
✔ Test "one holds it" passed after 0.003 seconds.
✔ Test "many" with 3 test cases passed after 0.1 seconds.
➜ Test "needs Python" skipped: "built without Python"
"""
SWIFT_FAILED = SWIFT + (
    '✘ Test "a failed load" recorded an issue at CacheTests.swift:1:1: Expectation failed\n'
    '✘ Test "a failed load" failed after 0.2 seconds with 1 issue.\n'
    '✘ Suite "The cache" failed after 0.3 seconds with 1 issue.\n'
)


@pytest.mark.parametrize(
    ("function", "log", "counts"),
    [
        ("count_swift", SWIFT + "✔ Test run with 3 tests in 2 suites passed after 0.2 seconds.\n", "2 0"),
        (
            "count_swift",
            SWIFT_FAILED + "✘ Test run with 4 tests in 2 suites failed after 1 seconds with 1 issue.\n",
            "2 1",
        ),
        ("count_swift", SWIFT_FAILED + "error: Exited with unexpected signal code 11\n", "2 1"),
        ("count_swift", "error: no tests found\n", "0 0"),
        ("count_pytest", "....\n4 passed in 0.20s\n", "4 0"),
        ("count_pytest", "..F\n1 failed, 218 passed, 2 skipped in 19.20s\n", "218 1"),
        ("count_pytest", "ERROR x\n2 passed, 1 warning, 3 errors in 1.00s\n", "2 3"),
        ("count_pytest", "FAILED a\n1 failed, 1 passed, 1 error in 1.00s\n", "1 2"),
        ("count_pytest", "no tests ran in 0.01s\n", "0 0"),
        ("count_last_line", "  ok  x\n7 passed, 3 failed\n", "7 3"),
        ("count_last_line", "7 passed, 0 failed\nand then a crash\n", ""),
    ],
)
def test_a_log_is_counted_right(tmp_path: Path, function: str, log: str, counts: str) -> None:
    (tmp_path / "log").write_text(log, "utf-8")
    script = f'. "{ROOT}/scripts/counts.sh"; {function} "{tmp_path}/log"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True, timeout=20)
    assert done.stdout.strip() == counts


@pytest.mark.parametrize("run", ["streams", "sessions", "counts"])
def test_a_long_run_hands_its_arguments_on(run: str) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/soak"), run, "--nonsense"], capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 64
    assert "--nonsense" in done.stderr


def test_an_unknown_stage_is_refused() -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/test"), "everything"], capture_output=True, check=False, text=True, timeout=20
    )
    assert done.returncode == 64
    assert "lint build checks" in done.stderr
