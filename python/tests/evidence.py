"""What a counted test saw, for `docs/evidence`: written only when `REDIS_PATTERNS_EVIDENCE` names a folder.

One file for each claim and language; Swift's tests write the same form (`Tests/Support/Evidence.swift`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def record(
    claim: str,
    what: str,
    *,
    count: int,
    seed: int | None = None,
    violations: int = 0,
    seen: Mapping[str, int] | None = None,
) -> None:
    """Adds a run of `count` `what`, such as schedules; `seen` is what it met on its way."""
    run = {"what": what, "count": count, "seed": seed, "violations": violations, "seen": dict(seen or {})}
    _change(claim, lambda file: file["runs"].append(run))


def control(claim: str, violations: Mapping[str, int]) -> None:
    """Adds what the naive form did in the same harness; nothing would mean that the harness is blind."""
    _change(claim, lambda file: file["control"].update(violations))


def _change(claim: str, body: Callable[[dict[str, Any]], None]) -> None:
    if not (folder := os.environ.get("REDIS_PATTERNS_EVIDENCE")):
        return
    place = Path(folder) / f"{claim}.python.json"
    file: dict[str, Any] = json.loads(place.read_text("utf-8")) if place.exists() else {"runs": [], "control": {}}
    body(file)
    place.write_text(json.dumps(file, indent=2, sort_keys=True) + "\n", "utf-8")
