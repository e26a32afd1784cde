"""What the long runs saw, as one page: each file of docs/evidence/ with the command that remakes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEAD = """# Evidence

What the long runs (`scripts/soak NAME`) saw when they last ran at full count. `scripts/test` runs a short share of
each. The files lie in `docs/evidence/`; this page was made from them.
"""


TABLE = """## Counted claims

Made by `scripts/soak counts`. The naive form is what is found everywhere, in the same harness: were it not seen to
fail, the harness would be blind. `REDIS_PATTERNS_SEED` repeats a run.

| claim | language | counted | violations | the naive form | seed |
|---|---|---|---|---|---|
"""


def page(root: Path) -> str:
    files = sorted((root / "docs/evidence").glob("*.json"))
    documents = {file.stem: json.loads(file.read_text("utf-8")) for file in files}
    return "\n".join([HEAD, table(documents), *(entry(name, document) for name, document in documents.items())])


def table(documents: dict[str, dict[str, Any]]) -> str:
    rows = [
        row(document["claim"], language, document[language])
        for document in documents.values()
        for language in ("swift", "python")
        if "claim" in document and language in document
    ]
    return TABLE + "".join(rows) if rows else ""


def row(claim: str, language: str, part: dict[str, Any]) -> str:
    runs = part["runs"]
    counted = "<br>".join(f"{run['count']:,} {run['what']}" for run in runs)
    naive = "<br>".join(f"{what}: {count:,}" for what, count in part["control"].items())
    seeds = "<br>".join(dict.fromkeys(str(run["seed"]) for run in runs if run.get("seed") is not None))
    violations = sum(run["violations"] for run in runs)
    return f"| {claim} | {language.title()} | {counted} | {violations:,} | {naive} | {seeds or 'none'} |\n"


def entry(name: str, document: dict[str, Any]) -> str:
    facts = [f"`{document['made_by']}`" if "made_by" in document else "", document.get("date", "")]
    facts += [document.get("machine", ""), {True: "held", False: "**did not hold**"}.get(document.get("held", ""), "")]
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
