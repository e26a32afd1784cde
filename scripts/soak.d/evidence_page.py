"""The page docs/evidence/index.md: one row for each file of evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "docs/evidence"

HEAD = """# Evidence

`scripts/test` runs a share of every count; `scripts/soak NAME` runs it in full and writes what it saw here, as JSON:
counts, seeds, violations, and what the naive form did in the same harness (a control that fails nowhere would mean a
blind harness). `REDIS_PATTERNS_SEED` repeats a run. This page is made from those files by `scripts/soak`.

| claim | language | counted | violations | the naive form, same harness | seeds | date |
|---|---|---|---|---|---|---|
"""


def write_page() -> None:
    rows: list[str] = []
    for file in sorted(EVIDENCE.glob("*.json")):
        report: dict[str, Any] = json.loads(file.read_text("utf-8"))
        rows += [row(report, language, report[language]) for language in ("swift", "python") if language in report]
    (EVIDENCE / "index.md").write_text(HEAD + "".join(rows) + others(), "utf-8")


def row(report: dict[str, Any], language: str, part: dict[str, Any]) -> str:
    runs = part["runs"]
    counted = "<br>".join(f"{each['count']:,} {each['what']}" for each in runs)
    naive = "<br>".join(f"{count:,} times: {what}" for what, count in part["control"].items())
    seeds = "<br>".join(dict.fromkeys(str(each["seed"]) for each in runs if each["seed"] is not None))
    violations = sum(each["violations"] for each in runs)
    cells = [report["claim"], language.title(), counted, f"{violations:,}", naive, seeds or "—", report["date"]]
    return "| " + " | ".join(cells) + " |\n"


def others() -> str:
    text = ""
    if (file := EVIDENCE / "fuzz.json").exists():
        fuzz = json.loads(file.read_text("utf-8"))
        inputs = ", ".join(f"{name} {target['inputs']:,}" for name, target in fuzz["targets"].items())
        text += (
            f"\n**Fuzzing** (`{fuzz['made_by']}`, {fuzz['date']}, hiredis {fuzz['hiredis']}, AddressSanitizer): "
            f"{inputs} inputs; {fuzz['violations']} targets broken; the planted fault was found.\n"
        )
    if (file := EVIDENCE / "sanitizers.json").exists():
        report = json.loads(file.read_text("utf-8"))
        for kind, part in report["sanitizers"].items():
            canaries = ", ".join(part["canaries"])
            text += (
                f"\n**{kind}** ({report['date']}): {part['tests']} tests, {part['reports']} reports; "
                f"planted and reported: {canaries}.\n"
            )
    if (file := EVIDENCE / "bridge.json").exists():
        bridge = json.loads(file.read_text("utf-8"))
        most = max(kind["calls"] for kind in bridge["kinds"])
        kinds = sum(not kind["kind"].startswith("control") for kind in bridge["kinds"])
        text += (
            f"\n**Bridge** (`{bridge['made_by']}`, {bridge['date']}): {kinds} kinds of calls, up to {most:,} each, "
            f"{'none' if all(kind['holds'] for kind in bridge['kinds']) else 'some'} leaves memory behind.\n"
        )
    return text


if __name__ == "__main__":
    write_page()
