"""The mirror rule: a pattern that exists in one room exists in every room, under one name."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PATTERN_NAMES, ROOT

# Room → what marks a pattern's presence there.
ROOMS = {
    "lua": "lua/{name}/{name}.contract.json",
    "Swift": "Sources/RedisPatterns/{Name}",
    "Python": "python/src/redis_patterns/{name}",
    "vectors": "Tests/Conformance/{name}",
    "page": "docs/patterns/{name}.md",
    "Swift example": "docs/examples/swift/{Name}Example.swift",
    "Python example": "docs/examples/python/{name}.py",
    "golden output": "docs/examples/output/{name}.txt",
}


def missing_rooms(root: Path) -> list[str]:
    found = []
    for name, swift_name in PATTERN_NAMES.items():
        paths = {room: root / path.format(name=name, Name=swift_name) for room, path in ROOMS.items()}
        if any(path.exists() for path in paths.values()):
            found += [
                f"{name}: no {room} at {path.relative_to(root)}"
                for room, path in paths.items()
                if not path.exists() or (path.is_dir() and not any(path.iterdir()))
            ]
    return found


def test_every_pattern_stands_in_every_room() -> None:
    assert missing_rooms(ROOT) == []


@pytest.mark.parametrize("room", ROOMS)
def test_an_empty_room_is_seen(tmp_path: Path, room: str) -> None:
    for other, path in ROOMS.items():
        if other != room:
            file = tmp_path / path.format(name="locks", Name="Locks") / "file"
            file.parent.mkdir(parents=True)
            file.touch()
    assert len(missing_rooms(tmp_path)) == 1
    assert f"no {room} " in missing_rooms(tmp_path)[0]
