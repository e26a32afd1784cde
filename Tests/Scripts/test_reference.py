"""Pages made from sources: the Swift API from symbol graphs, the scripts from their contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import evidence_page
import pytest
import scripts_page
import symbolgraph_page
from conftest import ROOT


def graph(folder: Path, *comments: str) -> Path:
    symbols: list[Any] = [
        {
            "identifier": {"precise": f"s:Lock{at}"},
            "kind": {"identifier": "swift.struct"},
            "pathComponents": [f"Lock{at}"],
            "declarationFragments": [{"spelling": "struct "}, {"spelling": f"Lock{at}"}],
            "docComment": {"module": "Locks", "lines": [{"text": comment}]},
        }
        for at, comment in enumerate(comments)
    ]
    file = folder / "Locks.symbols.json"
    file.write_text(json.dumps({"module": {"name": "Locks"}, "symbols": symbols}), "utf-8")
    return folder


def test_a_symbol_has_its_heading_declaration_and_words(tmp_path: Path) -> None:
    page = symbolgraph_page.page(graph(tmp_path, "Holds a lease; see ``Lock1``.", "Another."))
    assert "### struct Lock0 { #locks-lock0-" in page
    assert "```swift\nstruct Lock0\n```" in page
    assert "Holds a lease; see `Lock1`." in page


def test_a_link_to_no_symbol_fails(tmp_path: Path) -> None:
    with pytest.raises(symbolgraph_page.UnknownSymbolError, match="Lock9"):
        symbolgraph_page.page(graph(tmp_path, "See ``Lock9``."))


def test_every_script_stands_in_the_reference() -> None:
    page = scripts_page.page(ROOT)
    for script in (ROOT / "lua").glob("*/*.lua"):
        assert f"\n### {script.stem}\n" in page
        assert script.read_text("utf-8").splitlines()[0] in page


def test_every_long_run_stands_on_the_page_of_evidence(tmp_path: Path) -> None:
    folder = tmp_path / "docs/evidence"
    folder.mkdir(parents=True)
    (folder / "lock.json").write_text(json.dumps({"made_by": "scripts/soak lock", "held": False}), "utf-8")
    page = evidence_page.page(tmp_path)
    assert "## lock" in page
    assert "`scripts/soak lock` · **did not hold**" in page


def test_a_counted_claim_is_a_row_with_its_control(tmp_path: Path) -> None:
    folder = tmp_path / "docs/evidence"
    folder.mkdir(parents=True)
    run = {"what": "schedules", "count": 10_000, "seed": 7, "violations": 0, "seen": {}}
    # Processes have no seed: their order is the machine's.
    unseeded = {"what": "sections", "count": 480, "violations": 0, "seen": {}}
    part = {"runs": [run, unseeded], "control": {"a newcomer overtakes": 298}}
    (folder / "lock.json").write_text(json.dumps({"claim": "the lock excludes", "swift": part}), "utf-8")
    row = "| the lock excludes | Swift | 10,000 schedules<br>480 sections | 0 | a newcomer overtakes: 298 | 7 |"
    assert row in evidence_page.page(tmp_path)
