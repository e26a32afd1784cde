"""How a finding comes about: its id and evidence here, its words from the checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .checklist import SEVERITIES, Entry, load
from .facts import Facts, Key
from .names import Contract, contract_of, kind_of, shapes
from .report import Finding, Item


@dataclass(frozen=True, slots=True)
class Seen:
    """A key that was looked at, and what it is."""

    key: Key
    contract: Contract | None
    template: str
    kind: str | None
    role: str

    @property
    def immortal(self) -> bool:
        return self.key.ttl_ms == -1


class View:
    """The facts, with every key named."""

    def __init__(self, facts: Facts, expected: tuple[str, ...] = ()) -> None:
        self.facts = facts
        self.expected = expected
        self.keys = _named(facts.keys)

    @property
    def sampled(self) -> int:
        return len(self.keys)

    @property
    def total(self) -> int:
        return self.facts.keys_total if self.facts.keys_total is not None else len(self.keys)

    def number(self, name: str) -> int:
        """A number of INFO; 0 where the server does not say it."""
        value = (self.facts.info or {}).get(name, "0")
        return int(value) if value.lstrip("-").isdigit() else 0

    def refused(self, *commands: str) -> str:
        """Which of the commands the server refused, with their codes; empty when none."""
        return ", ".join(f"{name} ({self.facts.refused[name]})" for name in commands if name in self.facts.refused)

    def of_kind(self, kind: str) -> list[Seen]:
        return [seen for seen in self.keys if seen.kind == kind]


class Findings:
    """Collects the findings of one item."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._found: list[Finding] = []

    def add(self, name: str, **evidence: Any) -> None:
        words = self._entry.findings[name]
        self._found.append(
            Finding(
                id=f"{self._entry.id}.{name}",
                severity=words["severity"],
                says=_fill(words["says"], evidence),
                evidence=evidence,
                reason=words["reason"],
                fix=_fill(words["fix"], evidence),
                cost=words["cost"],
            )
        )

    def refusal(self, view: View, *commands: str) -> bool:
        """Adds that something could not be asked, and says whether that is so."""
        refused = view.refused(*commands)
        if refused:
            self.add("refused", refused=refused)
        return refused != ""

    def item(self, number: int, evidence: dict[str, Any], commands: int) -> Item:
        """Closes the item. Without a subject and a finding its status is `none`."""
        subject = evidence.pop("subject", True)
        found = sorted(self._found, key=lambda finding: (-SEVERITIES.index(finding.severity), finding.id))
        status = found[0].severity if found else "ok" if subject else "none"
        return Item(
            number=number,
            id=self._entry.id,
            title=self._entry.title,
            status=status,
            evidence=evidence,
            findings=tuple(found),
            commands=commands,
        )


def most(keys: Iterable[Seen]) -> str:
    """The template of most of the keys; of equals the first by name."""
    counts = Counter(seen.template for seen in keys)
    return min(counts, key=lambda template: (-counts[template], template))


def _named(keys: list[Key]) -> tuple[Seen, ...]:
    checklist = load()
    contracts = [contract_of(key.name, key.type) for key in keys]
    forms = shapes(key.name for key, contract in zip(keys, contracts, strict=True) if contract is None)
    found = []
    for key, contract in zip(keys, contracts, strict=True):
        if contract is not None:
            kind = checklist.patterns.get(contract.pattern)
            found.append(Seen(key, contract, contract.template, kind, contract.role))
        else:
            kind = kind_of(key.name)
            role = "coordination" if key.type == "stream" else checklist.roles[kind] if kind else "other"
            found.append(Seen(key, None, forms[key.name], kind, role))
    return tuple(found)


def _fill(template: str, evidence: dict[str, Any]) -> str:
    for name, value in sorted(evidence.items()):
        template = template.replace("{" + name + "}", str(value))
    return template
