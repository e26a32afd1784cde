"""Evidence tells its age: what a long run vouches for is kept with it, and the page names what has changed since."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import evidence_page
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def counts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("counts", ROOT / "scripts/soak.d/counts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["counts"] = module
    spec.loader.exec_module(module)
    return module


def document(scripts: dict[str, dict[str, str]] | None) -> dict[str, Any]:
    part = {"runs": [{"count": 5, "what": "schedules", "violations": 0, "seed": 1}], "control": {"overlaps": 3}}
    kept = {} if scripts is None else {"scripts": scripts}
    return {"claim": "it holds", "made_by": "scripts/soak counts lock", "held": True, "python": part} | kept


def test_every_claim_about_scripts_keeps_their_digests(counts: ModuleType) -> None:
    for claim in counts.CLAIMS.values():
        kept = counts.digests(claim)
        assert all(kept.values()), f"{claim.says}: a pattern names no script"
        assert evidence_page.age(ROOT, document(kept)) == ("today's" if kept else "none")


def test_the_scripts_of_a_pattern_are_all_kept(counts: ModuleType) -> None:
    kept = counts.digests(counts.CLAIMS["lock"])
    assert [*kept["locks/lock_*"]] == ["lock_acquire", "lock_release", "lock_renew"]


def test_a_script_that_changed_came_or_went_is_named(counts: ModuleType, tmp_path: Path) -> None:
    kept = counts.digests(counts.CLAIMS["lock"])
    folder, evidence = tmp_path / "lua/locks", tmp_path / "docs/evidence"
    folder.mkdir(parents=True)
    evidence.mkdir(parents=True)
    for name in kept["locks/lock_*"]:
        (folder / f"{name}.lua").write_bytes((ROOT / f"lua/locks/{name}.lua").read_bytes())
    (evidence / "lock.json").write_text(json.dumps(document(kept)), "utf-8")
    assert evidence_page.page(tmp_path).count("today's") == 2

    (folder / "semaphore_acquire.lua").write_text("-- of no concern\n")
    assert evidence_page.age(tmp_path, document(kept)) == "today's"
    (folder / "lock_acquire.lua").write_text("-- another\n")
    assert evidence_page.page(tmp_path).count("**older than** `lock_acquire`") == 2
    (folder / "lock_renew.lua").unlink()
    (folder / "lock_steal.lua").write_text("-- new\n")
    aged = evidence_page.age(tmp_path, document(kept))
    assert aged == "**older than** `lock_acquire`, `lock_renew`, `lock_steal`"


def test_evidence_without_a_digest_says_so() -> None:
    assert evidence_page.age(ROOT, document(None)) == "no digest kept"
    assert evidence_page.age(ROOT, {"made_by": "scripts/soak bridge"}) == ""
