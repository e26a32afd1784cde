"""A changed script or contract is noticed, and after a release a changed contract needs a new protocol number."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import protocol
import pytest
from conftest import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree of its own, with the present state accepted."""
    shutil.copytree(ROOT / "lua", tmp_path / "lua")
    (tmp_path / "Tests/Conformance").mkdir(parents=True)
    protocol.accept(tmp_path, release=True)
    return tmp_path


def edit_contract(root: Path, old: str, new: str) -> None:
    file = root / "lua/locks/locks.contract.json"
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), "utf-8")


def test_the_golden_file_is_current() -> None:
    assert protocol.differences(ROOT) == [], "run scripts/protocol --accept when the change is meant"


def test_a_changed_script_is_noticed_and_needs_no_new_number(copy: Path) -> None:
    script = copy / "lua/locks/lock_renew.lua"
    script.write_text(script.read_text("utf-8") + "-- a note\n", "utf-8")
    assert protocol.differences(copy) == ["script lock_renew changed"]
    assert protocol.refusal(copy) is None


def test_a_changed_contract_needs_a_new_number_once_released(copy: Path) -> None:
    edit_contract(copy, '"retry_after_us"', '"retry_after_ms"')
    assert protocol.differences(copy) == ["contract locks changed"]
    assert "raise lua/PROTOCOL" in (protocol.refusal(copy) or "")
    number = int((copy / "lua/PROTOCOL").read_text("utf-8"))
    (copy / "lua/PROTOCOL").write_text(f"{number + 1}\n", "utf-8")
    assert protocol.refusal(copy) is None
    protocol.accept(copy)
    assert protocol.differences(copy) == []
    assert json.loads((copy / protocol.GOLDEN).read_text("utf-8"))["released"] is False


def test_before_a_release_a_contract_may_still_change(copy: Path) -> None:
    golden = copy / protocol.GOLDEN
    golden.write_text(golden.read_text("utf-8").replace('"released": true', '"released": false'), "utf-8")
    edit_contract(copy, '"retry_after_us"', '"retry_after_ms"')
    assert protocol.refusal(copy) is None


def test_better_words_are_no_other_protocol(copy: Path) -> None:
    edit_contract(copy, "A lease with a fencing token", "A lease that carries a fencing token")
    assert protocol.differences(copy) == []


def test_a_number_never_falls(copy: Path) -> None:
    (copy / "lua/PROTOCOL").write_text("0\n", "utf-8")
    assert protocol.refusal(copy) == "a protocol number never falls"


def test_a_new_script_is_noticed(copy: Path) -> None:
    (copy / "lua/locks/lock_extra.lua").write_text("return 1\n", "utf-8")
    assert protocol.differences(copy) == ["script lock_extra changed"]
