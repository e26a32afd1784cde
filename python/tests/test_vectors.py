"""The shared vectors are in their form, and a case stands in one place only."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import VECTORS, cases

FILES = sorted(VECTORS.glob("*/*.json"))
SCHEMA = json.loads((VECTORS / "vector.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_a_file_is_in_its_form(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert document["pattern"] == path.parent.name


@pytest.mark.parametrize("kind", SCHEMA["properties"]["kind"]["enum"])
def test_no_two_cases_have_one_name(kind: str) -> None:
    names = [name for name, _ in cases(kind)]
    assert sorted(set(names)) == sorted(names)


def test_there_are_enough_of_each() -> None:
    assert len(cases("calls")) >= 25
    assert len(cases("replies")) >= 20
    assert len(cases("scenarios")) >= 15
    assert len(cases("json")) >= 100


def test_a_case_that_is_out_of_form_is_seen() -> None:
    document = json.loads((VECTORS / "locks" / "queue.json").read_text(encoding="utf-8"))

    def broken(change: Any) -> dict[str, Any]:
        twin: dict[str, Any] = copy.deepcopy(document)
        change(twin["cases"][0])
        return twin

    for change in (
        lambda case: case.pop("leaves"),
        lambda case: case.update(start_us=0),
        lambda case: case["steps"][0].update(by="c"),
        lambda case: case["steps"][0].update(operation="lock.steal"),
        lambda case: case["leaves"][0].update(expires_in_ms=-1),
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken(change), SCHEMA)
