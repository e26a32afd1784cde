"""The checklist as both languages read it: its items, texts, bounds and thresholds stand in `lua/operations/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..script import directory

SEVERITIES = ("none", "ok", "unknown", "warning", "critical")
"""From good to bad: a report is as bad as its worst item, an item as its worst finding."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the checklist: what it asks for, and the findings that it may have."""

    id: str
    title: str
    groups: tuple[str, ...]
    findings: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Checklist:
    """The data of `lua/operations/checklist.json`."""

    items: tuple[Entry, ...]
    bounds: Mapping[str, int]
    thresholds: Mapping[str, int]
    config: tuple[str, ...]
    commands: tuple[str, ...]
    kinds: Mapping[str, str]
    """Word of a name -> kind of key."""
    roles: Mapping[str, str]
    """Kind -> `coordination` or `cache`."""
    patterns: Mapping[str, str]
    """Pattern of the library -> kind."""
    secrets: tuple[bytes, ...]
    heavy: frozenset[str]
    moving: frozenset[str]
    """Names of numbers that change from one look to the next."""


@cache
def load() -> Checklist:
    """The checklist, read once."""
    data: dict[str, Any] = json.loads((directory() / "operations" / "checklist.json").read_text("utf-8"))
    kinds: dict[str, Any] = data["kinds"]
    return Checklist(
        items=tuple(
            Entry(item["id"], item["title"], tuple(item["groups"]), item["findings"]) for item in data["items"]
        ),
        bounds=data["bounds"],
        thresholds=data["thresholds"],
        config=tuple(data["config"]),
        commands=tuple(data["commands"]),
        kinds={word: kind for kind, entry in kinds.items() for word in entry["words"]},
        roles={kind: entry["role"] for kind, entry in kinds.items()},
        patterns=data["patterns"],
        secrets=tuple(prefix.encode() for prefix in data["secrets"]),
        heavy=frozenset(data["heavy"]),
        moving=frozenset(data["moving"]),
    )
