"""A trait that is off costs nothing: every file behind it is empty without it, and its packages are not fetched."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

# Trait → the folders that stand behind it.
BEHIND = {"Hummingbird": ["Sources/RedisPatternsHummingbird", "Tests/HummingbirdServer"]}


def unguarded(file: Path, trait: str) -> bool:
    source = file.read_text("utf-8").strip()
    return not (source.startswith(f"#if {trait}\n") and source.endswith("#endif"))


@pytest.mark.parametrize("trait", BEHIND)
def test_every_file_behind_a_trait_is_guarded(trait: str) -> None:
    files = [file for folder in BEHIND[trait] for file in (ROOT / folder).rglob("*.swift")]
    assert files
    assert [str(file) for file in files if unguarded(file, trait)] == []


@pytest.mark.parametrize("trait", BEHIND)
def test_nothing_else_knows_of_the_trait(trait: str) -> None:
    behind = tuple(str(ROOT / folder) for folder in BEHIND[trait])
    others = [file for place in ("Sources", "Tests", "docs") for file in (ROOT / place).rglob("*.swift")]
    guard = re.compile(rf"^\s*#(else)?if .*\b{trait}\b", re.MULTILINE)
    assert [str(file) for file in others if not str(file).startswith(behind) and guard.search(file.read_text())] == []


def test_a_file_without_a_guard_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "Extra.swift"
    file.write_text("import Hummingbird\n#if Hummingbird\n#endif\n")
    assert unguarded(file, "Hummingbird")


def test_the_default_build_needs_the_argument_parser_and_nothing_else() -> None:
    said = subprocess.run(
        ["swift", "package", "show-dependencies", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
    )
    names = {package["identity"] for package in json.loads(said.stdout)["dependencies"]}
    assert names == {"swift-argument-parser"}
