"""`doctor.*`: no script runs, so these operations stand beside the calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..operations import Report
from ..operations.checklist import load
from ..operations.facts import Facts, Group, Key, Stream
from ..operations.judge import judge
from ..operations.sync import Doctor
from .words import Json, to_bytes


def examine(client: Any, given: Mapping[str, Json]) -> dict[str, Json]:
    """What the doctor finds, without the numbers that change from one look to the next."""
    report = Doctor(client, items=given.get("items", ()), subscribers=given.get("subscribers", ())).examine()
    return {"status": "examined", **steady(report)}


def judged(given: Mapping[str, Json]) -> dict[str, Json]:
    """What the facts of a vector are judged to be, whole."""
    report = judge(
        facts(given["facts"]), only=tuple(given.get("items", ())), expected=tuple(given.get("subscribers", ()))
    )
    items = [
        {
            "id": item.id,
            "status": item.status,
            "evidence": item.evidence,
            "findings": [
                {"id": finding.id, "says": finding.says, "evidence": finding.evidence} for finding in item.findings
            ],
        }
        for item in report.items
    ]
    return {"verdict": report.verdict, "items": items, "templates": [template.json() for template in report.templates]}


def steady(report: Report) -> dict[str, Json]:
    moving = load().moving

    def kept(evidence: dict[str, Json]) -> dict[str, Json]:
        return {name: value for name, value in evidence.items() if name not in moving}

    items = [
        {
            "id": item.id,
            "status": item.status,
            "evidence": kept(item.evidence),
            "findings": [{"id": finding.id, "evidence": kept(finding.evidence)} for finding in item.findings],
        }
        for item in report.items
    ]
    return {"verdict": report.verdict, "items": items}


def facts(given: Mapping[str, Json]) -> Facts:
    """Facts as a vector writes them."""
    plain = {name: value for name, value in given.items() if name not in ("keys", "slow", "subscribers")}
    read = Facts(**plain)
    read.keys = [_key(key) for key in given.get("keys", [])]
    for name in ("slow", "subscribers"):
        if name in given:
            setattr(read, name, [tuple(pair) for pair in given[name]])
    return read


def _key(given: Mapping[str, Json]) -> Key:
    words = dict(given)
    stream = words.pop("stream", None)
    key = Key(**{**words, "name": to_bytes(words["name"])})
    if stream is not None:
        groups = tuple(Group(**group) for group in stream.get("groups", []))
        key.stream = Stream(length=stream["length"], groups=groups, left=stream.get("left", 0))
    return key
