"""What the long runs saw, as one page: each file of docs/evidence/ with the command that remakes it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

HEAD = """# Evidence

What the long runs (`scripts/soak NAME`) saw when they last ran at full count. `scripts/test` runs a short share of
each. The files lie in `docs/evidence/`; this page was made from them.
"""


TABLE = """## Counted claims

Made by `scripts/soak counts`. The naive form is what is found everywhere, in the same harness: were it not seen to
fail, the harness would be blind. `REDIS_PATTERNS_SEED` repeats a run. A run keeps the SHA-1 of the scripts that it
tried: "older than" names those that are others now.

| claim | language | counted | violations | the naive form | seed | scripts |
|---|---|---|---|---|---|---|
"""


def page(root: Path) -> str:
    files = sorted((root / "docs/evidence").glob("*.json"))
    documents = {file.stem: json.loads(file.read_text("utf-8")) for file in files}
    return "\n".join(
        [
            HEAD,
            table(root, documents),
            *(entry(name, document, age(root, document)) for name, document in documents.items()),
        ]
    )


def table(root: Path, documents: dict[str, dict[str, Any]]) -> str:
    rows = [
        row(document["claim"], language, document[language], age(root, document))
        for document in documents.values()
        for language in ("swift", "python")
        if "claim" in document and language in document
    ]
    return TABLE + "".join(rows) if rows else ""


def row(claim: str, language: str, part: dict[str, Any], aged: str) -> str:
    runs = part["runs"]
    counted = "<br>".join(f"{run['count']:,} {run['what']}" for run in runs)
    naive = "<br>".join(f"{what}: {count:,}" for what, count in part["control"].items())
    seeds = "<br>".join(dict.fromkeys(str(run["seed"]) for run in runs if run.get("seed") is not None))
    violations = sum(run["violations"] for run in runs)
    return f"| {claim} | {language.title()} | {counted} | {violations:,} | {naive} | {seeds or 'none'} | {aged} |\n"


def age(root: Path, document: dict[str, Any]) -> str:
    """Whether a counted claim was tried with today's scripts; nothing for evidence of another kind."""
    if "claim" not in document:
        return ""
    if "scripts" not in document:
        return "no digest kept"
    if not document["scripts"]:
        return "none"
    others = set[str]()
    for pattern, then in document["scripts"].items():
        now = {
            file.stem: hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()
            for file in (root / "lua").glob(f"{pattern}.lua")
        }
        others |= {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
    return f"**older than** {', '.join(f'`{name}`' for name in sorted(others))}" if others else "today's"


def entry(name: str, document: dict[str, Any], aged: str) -> str:
    facts = [f"`{document['made_by']}`" if "made_by" in document else "", document.get("date", "")]
    facts += [document.get("machine", ""), {True: "held", False: "**did not hold**"}.get(document.get("held", ""), "")]
    facts += [f"scripts: {aged}" if aged else ""]
    body = json.dumps(document, indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"## {name}\n",
            " · ".join(fact for fact in facts if fact) + "\n",
            f'??? note "docs/evidence/{name}.json"\n',
            "    ```json",
            *(f"    {line}" for line in body.splitlines()),
            "    ```\n",
        ]
    )
