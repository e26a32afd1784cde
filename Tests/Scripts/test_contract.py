"""The header of every script says the same as its contract, and both keep the rules of `lua/README.md`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import ROOT

LUA = ROOT / "lua"
CONTRACTS = sorted(LUA.glob("*/*.contract.json"))
SCRIPTS = sorted(LUA.glob("*/*.lua"))


def contract_of(script: Path) -> Any:
    return json.loads((script.parent / f"{script.parent.name}.contract.json").read_text("utf-8"))


def expected_header(name: str, contract: Any) -> tuple[list[str], list[str]]:
    """What the contract says: the lines about keys and arguments and about replies, blanks made one."""
    script = contract["scripts"][name]
    head = [f"{name}: {script['summary']}"]
    for at, key in enumerate(script["keys"], 1):
        manner = " optional" if key.get("optional") else " repeated" if key.get("repeated") else ""
        head.append(f"KEYS[{at}] {key['name']} {contract['keys'][key['key']]['template']}{manner}")
    last = len(script["arguments"])
    for at, argument in enumerate(script["arguments"], 1):
        kind = {
            "choice": " | ".join(argument.get("choices", [])),
            "group": ", ".join(argument.get("fields", [])),
            "integer": f"integer, {argument.get('unit', '')}",
        }.get(argument["type"], argument["type"])
        repeated = " repeated" if argument.get("repeated") else ""
        head.append(f"ARGV[{-1 if at == last else at}] {argument['name']} {kind}{repeated}")
    replies = [" ".join([status, *values]) for status, values in script["replies"].items()]
    return head, replies


def actual_header(source: str) -> tuple[list[str], list[str]]:
    comment = []
    for line in source.splitlines():
        if not line.startswith("--"):
            break
        comment.append(re.sub(r"\s+", " ", line[2:]).strip())
    paragraphs = "\n".join(comment).split("\n\n")
    head = [paragraphs[0], *paragraphs[1].split("\n")] if len(paragraphs) > 1 else paragraphs
    return head, paragraphs[2].split("\n") if len(paragraphs) > 2 else []


def disagreements(name: str, source: str, contract: Any) -> list[str]:
    """Header lines that differ from the contract's, and the other way round."""
    said, meant = actual_header(source), expected_header(name, contract)
    return [
        f"{name}: header {got!r}, contract {want!r}"
        for got_lines, want_lines in zip(said, meant, strict=True)
        for got, want in zip(
            got_lines + [""] * (len(want_lines) - len(got_lines)),
            want_lines + [""] * (len(got_lines) - len(want_lines)),
            strict=True,
        )
        if got != want
    ]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
def test_a_contract_is_valid_by_the_schema(path: Path) -> None:
    schema = json.loads((LUA / "contract.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    contract = json.loads(path.read_text("utf-8"))
    jsonschema.validate(contract, schema)
    assert contract["pattern"] == path.parent.name
    assert sorted(contract["scripts"]) == sorted(file.stem for file in path.parent.glob("*.lua"))
    for script in contract["scripts"].values():
        assert {key["key"] for key in script["keys"]} <= set(contract["keys"])
        assert script["arguments"][-1]["name"] == "now"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_header_says_what_the_contract_says(script: Path) -> None:
    assert disagreements(script.stem, script.read_text("utf-8"), contract_of(script)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-- KEYS[2]  fence ", "-- KEYS[2]  token "),
        ("integer, us\n-- ARGV[3]", "integer, ms\n-- ARGV[3]"),
        ("-- acquired  fence", "-- acquired  fence ttl_us"),
        ("-- held      retry_after_us\n", ""),
        ("-- ARGV[4]  channel  string\n", ""),
        ("take the lease", "take a lease"),
    ],
)
def test_a_header_that_differs_is_seen(old: str, new: str) -> None:
    script = LUA / "locks/lock_acquire.lua"
    source = script.read_text("utf-8")
    assert old in source, "the planted edit no longer fits the script"
    assert disagreements(script.stem, source.replace(old, new, 1), contract_of(script))


def test_every_contract_is_embedded_in_swift() -> None:
    listed = (ROOT / "Sources/LuaScripts/LuaContract.swift").read_text("utf-8")
    patterns = re.findall(r'LuaContract\("(\w+)", PackageResources\.(\w+)_contract_json\)', listed)
    assert patterns == [(path.parent.name, path.parent.name) for path in CONTRACTS], "list it in LuaContract.all"


def test_base_names_are_unique() -> None:
    names = [script.stem for script in SCRIPTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_keeps_the_rules_of_the_room(script: Path) -> None:
    source = script.read_text("utf-8")
    code = re.sub(r"--[^\n]*", "", source)
    assert not source.startswith("#!"), "a shebang makes a full server refuse the script whole"
    assert source.endswith("\n")
    assert "\r" not in source
    assert source.isascii()
    assert len(re.findall(r"'TIME'", code)) <= 1, "the server's clock is read once at most"
    assert not re.search(r"redis\.call\([^)]*\.\.\s*':", code), "a key is built in Lua"
    assert not re.search(r"'EXPIRE'|'EX'|'SETEX'|'PERSIST'", code), "expiry is absolute, in ms"
    assert not re.search(r"\btostring\(", code), "tostring rounds beyond 14 digits"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_returns_only_the_words_of_its_contract(script: Path) -> None:
    code = re.sub(r"--[^\n]*", "", script.read_text("utf-8"))
    words = set(re.findall(r"return \{ '([a-z_]+)'", code))
    assert words <= set(contract_of(script)["scripts"][script.stem]["replies"])
