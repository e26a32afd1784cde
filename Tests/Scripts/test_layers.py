"""A module imports only what its layer allows: data walks one way, and patterns know Redis only through RESP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

SYSTEM = {"Foundation", "Dispatch", "Glibc", "Musl", "Darwin", "Synchronization"}

# Module → what it may import. RESP, LuaScripts and RedisPatterns stay free of Foundation: they fit anywhere.
MAY_IMPORT = {
    "RESP": {"Synchronization"},
    "LuaScripts": {"Synchronization"},
    "Hiredis": {"RESP", "CHiredis", "CRedisSupport"} | SYSTEM,
    "RedisPatterns": {"RESP", "LuaScripts", "Synchronization"},
    "RedisPatternsHummingbird": {"HTTPTypes", "Hummingbird", "RESP", "RedisPatterns"},
    "RedisPatternsTesting": {"RESP"} | SYSTEM,
    "PythonBridge": {"CPythonSupport", "LuaScripts"} | SYSTEM,
    "ParitySupport": {
        "Hiredis",
        "LuaScripts",
        "PatternExamples",
        "PythonBridge",
        "RESP",
        "RedisPatterns",
        "RedisPatternsTesting",
    }
    | SYSTEM,
    "redis-patterns": {
        "ArgumentParser",
        "Hiredis",
        "LuaScripts",
        "ParitySupport",
        "PythonBridge",
        "RESP",
        "RedisPatterns",
        "RedisPatternsTesting",
    }
    | SYSTEM,
}
# C modules → the headers of others that they may see.
MAY_INCLUDE = {
    "CHiredis": {"hiredis"},
    "CRedisSupport": {"hiredis"},
    "CPython": set[str](),
    "CPythonSupport": {"Python.h"},
}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|let|var|typealias|actor)\s+)?(\w+)",
    re.MULTILINE,
)
# Text in another language, such as Python for a child process.
LONG_TEXT = re.compile(r'(#*)""".*?"""\1', re.DOTALL)
INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>/]+)(/[^>]*)?>", re.MULTILINE)
OTHERS_HEADERS = {"hiredis", "openssl", "Python.h", "CPythonSupport.h", "CRedisSupport.h"}


def breaches(sources: Path) -> list[str]:
    found = []
    for folder in sorted(path for path in sources.iterdir() if path.is_dir()):
        module = folder.name
        if module not in MAY_IMPORT and module not in MAY_INCLUDE:
            found.append(f"{module}: no layer; say in test_layers.py what it may import")
            continue
        for file in sorted(folder.rglob("*.swift")):
            allowed = MAY_IMPORT.get(module, set())
            reached = [
                name for name in IMPORT.findall(LONG_TEXT.sub("", file.read_text("utf-8"))) if name not in allowed
            ]
            found += [f"{file.relative_to(sources)}: {module} may not import {name}" for name in reached]
        for file in sorted([*folder.rglob("*.c"), *folder.rglob("*.h")]):
            foreign = OTHERS_HEADERS - MAY_INCLUDE.get(module, set())
            reached = [name for name, _ in INCLUDE.findall(file.read_text("utf-8")) if name in foreign]
            found += [f"{file.relative_to(sources)}: {module} may not include <{name}>" for name in reached]
    return found


def test_every_module_keeps_to_its_layer() -> None:
    assert breaches(ROOT / "Sources") == []


@pytest.mark.parametrize(
    ("module", "file", "line"),
    [
        ("RedisPatterns", "Locks/Lock.swift", "import Hiredis"),
        ("RedisPatterns", "Locks/Lock.swift", "@preconcurrency import Foundation"),
        (
            "RedisPatterns",
            "Locks/Lock.swift",
            "#if canImport(Darwin)\n  internal import struct Foundation.Data\n#endif",
        ),
        ("RESP", "RESPValue.swift", "import LuaScripts"),
        ("RESP", "RESPValue.swift", "public import Foundation"),
        ("LuaScripts", "LuaScript.swift", "import RESP"),
        ("Hiredis", "Client.swift", "@_spi(Tests) import RedisPatterns"),
        ("PythonBridge", "Bridge.swift", "import CPython"),
        ("CRedisSupport", "poller.c", "#include <Python.h>"),
        ("CPythonSupport", "bridge.c", "#  include <hiredis/hiredis.h>"),
        ("Surprise", "Surprise.swift", "let x = 1"),
    ],
)
def test_a_planted_import_is_seen(tmp_path: Path, module: str, file: str, line: str) -> None:
    planted = tmp_path / module / file
    planted.parent.mkdir(parents=True)
    planted.write_text(f"// A file of ours.\n{line}\n")
    assert len(breaches(tmp_path)) == 1


def test_a_comment_is_no_import(tmp_path: Path) -> None:
    (tmp_path / "RESP").mkdir()
    (tmp_path / "RESP/Note.swift").write_text("// import Foundation would bind us to it\nlet important = 1\n")
    (tmp_path / "RESP/Text.swift").write_text('let script = """\n  import json\n  """\n')
    assert breaches(tmp_path) == []
