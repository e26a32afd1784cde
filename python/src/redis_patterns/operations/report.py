"""The doctor's answer: as values, as JSON that is the same in both languages, and as text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .checklist import SEVERITIES

_MARKS = {"ok": "ok", "none": "-", "unknown": "?", "warning": "!", "critical": "!!"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or that could not be known. `id` is stable across releases: `locks.no_token`."""

    id: str
    severity: str
    """`critical`, `warning` or `unknown`."""
    says: str
    evidence: dict[str, Any]
    reason: str
    fix: str
    cost: str
    """What the fix costs."""

    def json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "severity": self.severity,
            "says": self.says,
            "evidence": self.evidence,
            "reason": self.reason,
            "fix": self.fix,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the checklist. `status`: `ok`, `none` (nothing there to judge), `unknown`, `warning`, `critical`."""

    number: int
    id: str
    title: str
    status: str
    evidence: dict[str, Any]
    findings: tuple[Finding, ...]
    commands: int
    """How many commands were sent whose replies this item rests on; some serve several items."""

    def json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "id": self.id,
            "title": self.title,
            "status": self.status,
            "evidence": self.evidence,
            "findings": [finding.json() for finding in self.findings],
            "cost": {"commands": self.commands},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Keys of one form among those that were looked at."""

    template: str
    keys: int
    role: str
    """`coordination`, `cache` or `other`."""
    library: bool
    types: tuple[str, ...]
    without_ttl: int
    memory_keys: int
    memory_bytes: int
    """What MEMORY USAGE says of `memory_keys` of them, with 5 samples each."""
    share_permille: int
    half_width_permille: int
    """Half of the 95 % interval of the share; 0 when every key was looked at."""

    def json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"types": list(self.types)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the doctor found."""

    server: dict[str, Any]
    sample: dict[str, Any]
    templates: tuple[Template, ...]
    items: tuple[Item, ...]
    cost: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The worst status of an item."""
        return max((item.status for item in self.items), key=SEVERITIES.index, default="none")

    @property
    def counts(self) -> dict[str, int]:
        return {status: sum(item.status == status for item in self.items) for status in SEVERITIES}

    def exit_code(self, fail_on: str = "warning") -> int:
        """How a command ends: 2 critical, 1 warning or, when asked for, unknown; 0 when all is better than `fail_on`.

        `fail_on`: `critical`, `warning`, `unknown` or `never`.
        """
        rank = SEVERITIES.index(self.verdict)
        if fail_on == "never" or rank < SEVERITIES.index(fail_on):
            return 0
        return 2 if self.verdict == "critical" else 1

    def json(self) -> dict[str, Any]:
        """As JSON values; `moving` of the checklist names the numbers that change from one look to the next."""
        return {
            "schema": 1,
            "verdict": self.verdict,
            "counts": self.counts,
            "server": self.server,
            "sample": self.sample,
            "templates": [template.json() for template in self.templates],
            "items": [item.json() for item in self.items],
            "cost": self.cost,
        }

    def json_text(self) -> str:
        return json.dumps(self.json(), indent=2, sort_keys=True, ensure_ascii=False)

    def text(self) -> str:
        """For a person: a line an item, and under it what was found, why, the fix and its cost; then the keys."""
        lines = [self._head(), ""]
        for item in self.items:
            lines.append(f"{_MARKS[item.status]:>2}  {item.number:>2} {item.title}")
            for finding in item.findings:
                lines += [
                    f"       {finding.severity} {finding.id}: {finding.says}",
                    f"         why:   {finding.reason}",
                    f"         fix:   {finding.fix}",
                    f"         costs: {finding.cost}",
                ]
        if self.templates:
            lines += ["", "keys looked at, by template", *map(_template_line, self.templates)]
        counts = ", ".join(f"{self.counts[status]} {status}" for status in reversed(SEVERITIES))
        commands, trips = self.cost.get("commands", 0), self.cost.get("round_trips", 0)
        return "\n".join([*lines, "", f"{counts}; {commands} commands in {trips} round trips"])

    def _head(self) -> str:
        sampled, keys = self.sample.get("sampled", 0), self.sample.get("keys", "?")
        version, role = self.server.get("version", "?"), self.server.get("role", "?")
        return (
            f"redis {version}, {role}, database {self.sample.get('database', '?')}: {sampled} of {keys} keys looked at"
        )


def _template_line(template: Template) -> str:
    share = f"{template.share_permille // 10}.{template.share_permille % 10}"
    line = f"{template.keys:>8} {share:>5} %  {template.role:<12}  {template.template} ({', '.join(template.types)})"
    if template.memory_keys:
        line += f", {template.memory_bytes // template.memory_keys} bytes each"
    return f"{line}, {template.without_ttl} without an end" if template.without_ttl else line
