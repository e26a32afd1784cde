"""The Swift binary holds the scripts of the tree; `python/tests/test_packaging.py` says so of every form for Python."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest
from conftest import ROOT


def test_the_swift_binary_holds_the_scripts_of_the_tree() -> None:
    binary = ROOT / ".build/debug/redis-patterns"
    if not binary.exists():
        # The whole gate builds before it checks; there a missing binary is a failure.
        assert not os.environ.get("REDIS_PATTERNS_GATE"), "the build made no redis-patterns"
        pytest.skip("the package is not built")
    listed = subprocess.run([str(binary), "scripts", "list", "--json"], capture_output=True, check=True, timeout=60)
    told = {entry["name"]: entry["sha1"] for entry in json.loads(listed.stdout)}
    tree = {file.stem: hashlib.sha1(file.read_bytes()).hexdigest() for file in (ROOT / "lua").glob("*/*.lua")}
    assert told == tree, "the binary is older than lua/: build again"
