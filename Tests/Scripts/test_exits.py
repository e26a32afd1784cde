"""Exit statuses: what lists them uses the words of `redis-patterns --help`, and says how a signal and a pipe end it."""

from __future__ import annotations

import json
import re

import pytest
from conftest import ROOT

MODEL = "Sources/redis-patterns/RedisPatternsCommand.swift"
LISTS = [
    MODEL,
    "Sources/redis-patterns/DoctorCommand.swift",
    "python/src/redis_patterns/__main__.py",
    "python/src/redis_patterns/operations/command.py",
    "scripts/tour",
    "docs/patterns/operations.md",
]
SCRIPTS = ["scripts/bench", "scripts/bootstrap", "scripts/docs", "scripts/soak", "scripts/test"]
EVERY_PROGRAM = {64, 130, 141, 143}
OWN_WORDS = {0, 1, 2, 3}
"""Each command says by itself what these are of it."""


def listed(text: str) -> dict[int, str]:
    """The statuses of the first list in a text: `N words, N words…` to the end of its sentence."""
    found = re.search(r"exit status[.:]\**\s(.*?)(?:\.\s|\n\n|\"\"\")", text.replace("\\\n", ""), re.I | re.S)
    assert found, "no list of exit statuses"
    words = re.sub(r"\([^)]*\)|^\W*# ?", "", found[1], flags=re.M)
    pairs = re.findall(r"(?:^|, )\s*(\d+) ([^,]*(?:, (?!\s*\d)[^,]*)*)", " ".join(words.split()))
    return {int(status): meaning.strip().rstrip(".") for status, meaning in pairs}


def of(path: str) -> dict[int, str]:
    return listed((ROOT / path).read_text("utf-8"))


def table(page: str) -> dict[int, str]:
    rows = re.findall(r"^\| (\d+) \| ([^|(;]*)", page.split("| exit status |")[1].split("\n\n", maxsplit=1)[0], re.M)
    return {int(status): meaning.strip() for status, meaning in rows}


@pytest.mark.parametrize("path", [*LISTS, *SCRIPTS])
def test_a_list_of_exit_statuses_uses_the_one_set_of_words(path: str) -> None:
    model = {status: words for status, words in of(MODEL).items() if status not in OWN_WORDS}
    said = {status: words for status, words in of(path).items() if status not in OWN_WORDS}
    assert said.items() <= model.items()


@pytest.mark.parametrize("path", LISTS)
def test_a_program_says_how_wrong_usage_a_signal_and_a_pipe_end_it(path: str) -> None:
    assert of(path).keys() >= EVERY_PROGRAM


def test_the_table_of_the_tour_has_the_same_words() -> None:
    model, said = of(MODEL), table((ROOT / "docs/parity.md").read_text("utf-8"))
    assert said.keys() == model.keys() - {2}
    assert {status: words for status, words in said.items() if status not in OWN_WORDS}.items() <= model.items()


def test_the_model_knows_every_status_of_the_shared_command_lines() -> None:
    cases = json.loads((ROOT / "Tests/Conformance/commands/exits.json").read_text("utf-8"))["cases"]
    assert {case["expect"] for case in cases} <= of(MODEL).keys()


def test_a_list_is_read_as_it_stands() -> None:
    text = "Exit status: 0 as asked, 1 no, or less (so, 2 it\n# seems), 64 wrong\n# usage. More: 5 words, 6 others."
    assert listed(text) == {0: "as asked", 1: "no, or less", 64: "wrong usage"}
