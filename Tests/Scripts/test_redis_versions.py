"""The oldest supported Redis does what the newer ones do; `scripts/soak redis-versions` runs the whole suites."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import older_redis
import pytest
from conftest import ROOT

OLDEST = "6.2.14"
#: Every call, reply and scenario of every pattern; what the doctor reads; what errors say; memory that is full.
SHARE = ["test_conformance.py", "test_doctor.py", "test_doctor_safety.py", "test_errors.py", "test_full_memory.py"]


def older() -> Path:
    try:
        return older_redis.program(OLDEST)
    except older_redis.UnavailableError as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def test_the_oldest_redis_does_what_the_vectors_say() -> None:
    environment = os.environ | {"REDIS_PATTERNS_REDIS_SERVER": str(older())}
    files = [f"python/tests/{name}" for name in SHARE]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 1000
    assert "skipped" not in done.stdout


def test_the_tests_run_the_server_that_is_named() -> None:
    """Otherwise the run above would have tried another one."""
    environment = os.environ | {"REDIS_PATTERNS_REDIS_SERVER": str(older())}
    ask = "from conftest import Server; s = Server(); print(s.client().info('server')['redis_version']); s.stop()"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT / "python/tests",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == OLDEST
