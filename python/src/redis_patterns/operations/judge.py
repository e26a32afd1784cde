"""From facts to a report: pure, so that both languages are held to the same vectors."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from . import judge_keys, judge_server
from .checklist import load
from .facts import Facts
from .findings import Findings, Seen, View
from .report import Item, Report, Template

Rule = Callable[[View, Findings], dict[str, Any]]

_RULES: dict[str, Rule] = {
    "ttl": judge_keys.ttl,
    "pooling": judge_server.pooling,
    "scripts": judge_server.scripts,
    "stampede": judge_keys.stampede,
    "limiter": judge_keys.limiter,
    "locks": judge_keys.locks,
    "memory": judge_server.memory,
    "slowlog": judge_server.slowlog,
    "subscribers": judge_server.subscribers,
    "streams": judge_server.streams,
    "sensitive": judge_keys.sensitive,
    "naming": judge_keys.naming,
}


def judge(
    facts: Facts,
    *,
    only: tuple[str, ...] = (),
    expected: tuple[str, ...] = (),
    commands: dict[str, int] | None = None,
    cost: dict[str, Any] | None = None,
) -> Report:
    """Judges what was learned. `only` names items, none means all; `commands` counts what was sent by group."""
    view = View(facts, expected)
    items: list[Item] = []
    for number, entry in enumerate(load().items, 1):
        if not only or entry.id in only:
            found = Findings(entry)
            evidence = _RULES[entry.id](view, found)
            sent = sum((commands or {}).get(group, 0) for group in entry.groups)
            items.append(found.item(number, evidence, sent))
    return Report(
        server=_server(facts), sample=_sample(view), templates=_templates(view), items=tuple(items), cost=cost or {}
    )


def _server(facts: Facts) -> dict[str, Any]:
    info = facts.info or {}
    server: dict[str, Any] = {"version": info.get("redis_version", "?"), "role": info.get("role", "?")}
    return server | {"mode": info.get("redis_mode", "?")}


def _sample(view: View) -> dict[str, Any]:
    sample: dict[str, Any] = {"keys": view.total, "sampled": view.sampled, "complete": view.facts.complete}
    if view.facts.database is not None:
        sample["database"] = view.facts.database
    return sample


def _templates(view: View) -> tuple[Template, ...]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for seen in view.keys:
        groups[seen.template].append(seen)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return tuple(_template(name, seen, view) for name, seen in ranked[: load().bounds["templates"]])


def _template(name: str, seen: list[Seen], view: View) -> Template:
    measured = [one.key.memory for one in seen if one.key.memory is not None]
    share = len(seen) / view.sampled
    half = 0.0 if view.facts.complete else 1.96 * math.sqrt(share * (1 - share) / view.sampled)
    roles = sorted({one.role for one in seen})
    return Template(
        template=name,
        keys=len(seen),
        role=roles[0] if len(roles) == 1 else "other",
        library=all(one.contract is not None for one in seen),
        types=tuple(sorted({one.key.type for one in seen})),
        without_ttl=sum(one.immortal for one in seen),
        memory_keys=len(measured),
        memory_bytes=sum(measured),
        share_permille=len(seen) * 1000 // view.sampled,
        half_width_permille=math.floor(1000 * half + 0.5),
    )
