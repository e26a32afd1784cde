"""Every public declaration of the Swift modules says what it is, unless it only fulfils a protocol that says it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from conftest import ROOT

MODULES = ["RESP", "Hiredis", "LuaScripts", "RedisPatterns", "RedisPatternsHummingbird", "RedisPatternsTesting"]
MODULES += ["PythonBridge"]
PUBLIC = re.compile(r"^(?:@\w+(?:\([^)]*\))? )*(?:public|open) (?!extension|internal\(set\)\b)")
# What protocols ask for: ours document it once, the language's need no words.
WITNESSES = re.compile(
    r"(func ==|\bfunc (hash|execute|pipeline|run|subscribe|encode|decode|withRESPBytes|makeAsyncIterator)\b"
    r"|var (description|debugDescription|customMirror|hashValue|unownedExecutor|number|id)\b|let number\b"
    r"|init\((from|\w+Literal)\b|init\(\)|typealias (Element|Failure|AsyncIterator)\b)"
)


def undocumented(folder: Path) -> list[str]:
    found = []
    for file in sorted(folder.rglob("*.swift")):
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
        for at, line in enumerate(lines):
            # A list of scripts: each is explained where it lies.
            if not PUBLIC.match(line) or WITNESSES.search(line) or "= LuaScript(" in line:
                continue
            above = at - 1
            while above >= 0 and lines[above].startswith("@"):
                above -= 1
            if above < 0 or not lines[above].startswith("///"):
                found.append(f"{file.name}:{at + 1}: {line}")
    return found


def test_every_public_declaration_has_a_comment() -> None:
    assert [line for module in MODULES for line in undocumented(ROOT / "Sources" / module)] == []


def test_a_declaration_without_a_comment_is_seen(tmp_path: Path) -> None:
    (tmp_path / "Lock.swift").write_text("/// Known.\n@frozen\npublic struct Lock {\n  public let name: String\n}\n")
    assert undocumented(tmp_path) == ["Lock.swift:4: public let name: String"]


def test_every_public_python_name_stands_on_its_page() -> None:
    module = ast.parse((ROOT / "python/src/redis_patterns/__init__.py").read_text("utf-8"))
    names = next(
        ast.literal_eval(statement.value)
        for statement in module.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"
    )
    page = (ROOT / "docs/reference/python.md").read_text("utf-8").splitlines()
    assert [name for name in names if f"::: redis_patterns.{name}" not in page] == []
