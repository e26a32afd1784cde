"""Data walks one way: call site, call value, runner, reply. What a module may import is said here."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from conformance import ROOT

PACKAGE = ROOT / "python" / "src" / "redis_patterns"
PATTERNS = ("rate_limiting", "locks", "caching", "structures", "sessions", "operations", "pubsub", "streams")
PURE = ["script", "keys", "errors", "_arguments", "_clock"]
PURE += [f"{path.parent.name}.{path.stem}" for path in PACKAGE.glob("*/calls.py")]
PURE += [
    f"structures.{path.stem}"
    for path in (PACKAGE / "structures").glob("*.py")
    if path.stem not in ("__init__",) and not path.stem.endswith(("_aio", "_sync"))
]
PURE += ["caching.entry", "caching.codec", "caching.values", "rate_limiting.limit"]
PURE += ["sessions.ids", "sessions.listing", "sessions.replies", "sessions.session"]
PURE += ["pubsub.values", "pubsub.buffer", "pubsub.feed"]
PURE += ["streams.replies", "streams.values"]


def imports(source: str, module: str) -> set[str]:
    """What a module imports, absolute names as they are and our own from the package's root."""
    package = ["redis_patterns", *module.split(".")[:-1]]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{start}.{name.name}" for name in node.names} if not node.module else {start}
    return found


def of(module: str) -> set[str]:
    return imports((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"), module)


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_knows_no_client(module: str) -> None:
    for name in of(module):
        root, *rest = name.split(".")
        assert root in sys.stdlib_module_names or root == "redis_patterns", f"{module} imports {name}"
        assert not rest or rest[-1] not in ("runner", "aio", "sync", "_aio", "_sync"), f"{module} imports {name}"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_knows_no_other_pattern(pattern: str) -> None:
    others = {f"redis_patterns.{other}" for other in PATTERNS if other != pattern}
    for path in (PACKAGE / pattern).glob("*.py"):
        names = of(f"{pattern}.{path.stem}")
        assert not any(name.startswith(other) for name in names for other in others), path.name


def test_only_the_faces_and_the_runner_know_redis_py() -> None:
    knowing = set()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if any(name.split(".")[0] == "redis" for name in of(module)):
            knowing.add(module)
    faces = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for pattern in PATTERNS
        for path in (PACKAGE / pattern).glob("*sync.py")
    }
    faces |= {name.replace("sync", "aio") for name in faces}
    known = {"runner", "_wire", "_connect", "_batch", "preload", "_asking", "__main__", "_hub_aio", "_hub_sync"}
    known |= {"_fleet", "_stream_fleet", "_structure_fleet"}
    assert knowing - faces == known


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("from ..runner import run", "redis_patterns.runner"),
        ("from .. import _aio", "redis_patterns._aio"),
        ("from . import calls", "redis_patterns.locks.calls"),
        ("import redis.asyncio", "redis.asyncio"),
    ],
)
def test_every_way_to_import_is_seen(line: str, seen: str) -> None:
    assert imports(line, "locks.lease") == {seen}


def test_no_file_is_long() -> None:
    long = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in Path(PACKAGE).rglob("*.py")}
    assert {name: lines for name, lines in long.items() if lines >= 300} == {}
