"""Rules for every file of the tree: what must never be in it, and how long a file may grow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, text, tracked

# What → why it may not stand in the tree. Only in the files whose suffix is named ("" = all).
FORBIDDEN = [
    (r"^\s*(?:import|from)\s+(?:pickle|marshal|shelve|dill)\b", {".py"}, "loading such data runs code"),
    (r"\bredisv?(?:Append)?Command\s*\(", {".swift", ".c", ".h"}, "format strings split values at blanks"),
    (r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/\w", {""}, "a path of one machine"),
    (r"\b(?:TODO|FIXME|XXX)\b", {""}, "work is done or written down as an issue"),
    (
        r"redis\.p?call\(\s*['\"](?:SCAN|KEYS|FLUSH\w+)['\"]",
        {".lua"},
        "a script touches the keys it is given",
    ),
]
# File → why it may.
EXEMPT = {
    "Tests/Scripts/test_tree.py": "names the forbidden in order to forbid it",
    "python/tests/test_errors.py": "an error must survive the way between processes; the bytes are its own",
}

MOST_LINES = 300
CODE = {".swift", ".py", ".lua", ".c", ".h", ".sh", ""}
# File → why it may be longer.
LONGER: dict[str, str] = {}


def forbidden(path: Path, content: str) -> list[str]:
    return [
        f"{path}:{content.count(chr(10), 0, match.start()) + 1}: {match.group().strip()!r}: {why}"
        for pattern, suffixes, why in FORBIDDEN
        if "" in suffixes or path.suffix in suffixes
        for match in re.finditer(pattern, content, re.MULTILINE)
    ]


def test_nothing_forbidden_stands_in_the_tree() -> None:
    found = []
    for path in tracked():
        name = path.relative_to(ROOT)
        content = text(path)
        if content is not None and str(name) not in EXEMPT:
            found += forbidden(name, content)
    assert found == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("a.py", "import pickle"),
        ("a.py", "from pickle import loads"),
        ("a.swift", "redisCommand(context, format)"),
        ("a.c", "redisvAppendCommand (c, format, list);"),
        ("a.c", "redisAppendCommand(c, format);"),
        ("a.md", "see /" + "work/notes"),
        ("a.json", '"/home/somebody/file"'),
        ("a.md", "TO" + "DO: later"),
        ("a.lua", "redis.call('SCAN', 0)"),
    ],
)
def test_a_planted_word_is_seen(file: str, line: str) -> None:
    assert len(forbidden(Path(file), f"first\n{line}\n")) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("a.c", "redisAppendCommandArgv(c, n, words, sizes);"),
        ("a.c", "redisAppendFormattedCommand(c, bytes, size);"),
        ("a.md", "homework/root causes"),
        ("a.yml", "https://example.org" + "/work" + "/item"),
    ],
)
def test_a_harmless_word_passes(file: str, line: str) -> None:
    assert forbidden(Path(file), line) == []


def test_no_source_file_grows_past_its_limit() -> None:
    long = {}
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if path.suffix in CODE and (path.suffix or name.startswith("scripts/")):
            lines = (text(path) or "").count("\n")
            if lines >= MOST_LINES:
                long[name] = lines
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}
    assert set(LONGER) <= set(long), "an exception that is no longer needed"
