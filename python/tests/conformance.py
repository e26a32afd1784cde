"""Reads the shared vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "Tests" / "Conformance"


def cases(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Every case of a kind, with a name to show."""
    found = []
    for path in sorted(VECTORS.glob("*/*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["kind"] != kind:
            continue
        for number, case in enumerate(document["cases"]):
            name = case.get("name") or json.dumps(case.get("given", number), ensure_ascii=False)
            found.append((f"{path.parent.name}/{path.stem}: {name}", case))
    return found


def every(kind: str) -> pytest.MarkDecorator:
    """Runs a test with every case of a kind."""
    found = cases(kind)
    return pytest.mark.parametrize("case", [case for _, case in found], ids=[name for name, _ in found])


def as_bytes(value: Any) -> Any:
    """A reply or an argument of a vector as redis-py gives it: text and hex as bytes, lists as lists."""
    match value:
        case {"hex": digits}:
            return bytes.fromhex(digits)
        case str():
            return value.encode()
        case list():
            return [as_bytes(word) for word in value]
    return value
