"""What the long runs saw, as one page: each file of docs/evidence/ with the command that remakes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEAD = """# Evidence

What the long runs (`scripts/soak NAME`) saw when they last ran at full count. `scripts/test` runs a short share of
each. The files lie in `docs/evidence/`; this page was made from them.
"""


def page(root: Path) -> str:
    files = sorted((root / "docs/evidence").glob("*.json"))
    return "\n".join([HEAD, *(entry(file.stem, json.loads(file.read_text("utf-8"))) for file in files)])


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
