"""Names of keys: which of the library's templates they follow, and the shape of those that follow none."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..script import directory
from .checklist import load

_LITERAL = re.compile(rb"[A-Za-z][a-z_-]{0,23}\Z")
_ENTITY = re.compile(rb"[a-z][a-z0-9_.-]*\Z")


@dataclass(frozen=True, slots=True)
class Contract:
    """A key of the library: where it stands in the contracts, and what they promise of it."""

    pattern: str
    name: str
    template: str
    type: str
    role: str
    expires: bool
    entity: str
    fields: tuple[str, ...]


@cache
def contracts() -> dict[tuple[str, str], tuple[Contract, ...]]:
    """Every key of every contract by entity and type, fixed fields before placeholders."""
    found: dict[tuple[str, str], list[Contract]] = defaultdict(list)
    for path in sorted(directory().glob("*/*.contract.json")):
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for name, key in sorted(document["keys"].items()):
            entity, _, rest = key["template"].partition(":{")
            fields = tuple(field for field in rest.partition("}")[2].split(":") if field)
            contract = Contract(
                document["pattern"], name, key["template"], key["type"], key["role"], "expires" in key, entity, fields
            )
            found[entity, key["type"]].append(contract)
    return {
        place: tuple(sorted(keys, key=lambda key: ([field.startswith("<") for field in key.fields], key.template)))
        for place, keys in found.items()
    }


def contract_of(name: bytes, kind: str) -> Contract | None:
    """The library's key that a name and a type stand for: `[<namespace>:]<entity>:{<id>}[:<field>...]`."""
    start = name.find(b":{")
    end = name.find(b"}", start)
    if start < 0 or end < start + 3:
        return None
    entity = name[:start].rpartition(b":")[2].decode("ascii", "replace")
    tail = name[end + 1 :]
    if tail and (not tail.startswith(b":") or len(tail) == 1):
        return None
    words = tail[1:].split(b":") if tail else []
    for contract in contracts().get((entity, kind), ()):
        if _follows(words, contract.fields):
            return contract
    return None


def _follows(words: list[bytes], fields: tuple[str, ...]) -> bool:
    if not fields:
        return not words
    if len(words) < len(fields) or (len(words) > len(fields) and not fields[-1].startswith("<")):
        return False
    return all(
        word != b"" if field.startswith("<") else word == field.encode()
        for word, field in zip(words, fields, strict=False)
    )


def parts(name: bytes) -> list[bytes]:
    """A name between its colons; a hash tag in braces is one part."""
    found, start, depth = [], 0, 0
    for at, byte in enumerate(name):
        if byte == 0x7B:
            depth += 1
        elif byte == 0x7D and depth > 0:
            depth -= 1
        elif byte == 0x3A and depth == 0:
            found.append(name[start:at])
            start = at + 1
    return [*found, name[start:]]


def shapes(names: Iterable[bytes]) -> dict[bytes, str]:
    """Each name with what varies written `<id>`.

    A word of letters stays; as a second part only where several names share it and few such words stand there, because
    else it is a name itself.
    """
    split = {name: [_word(part) for part in parts(name)] for name in names}
    seconds: dict[str, Counter[str]] = defaultdict(Counter)
    for words in split.values():
        if len(words) > 1:
            seconds[words[0]][words[1]] += 1
    most = load().thresholds["literals"]
    for words in split.values():
        if len(words) > 1 and not words[1].startswith("{"):
            literals = seconds[words[0]]
            if len(literals) > most or literals[words[1]] == 1:
                words[1] = "<id>"
    return {name: ":".join(words) for name, words in split.items()}


def _word(part: bytes) -> str:
    if part.startswith(b"{") and part.endswith(b"}"):
        return "{<id>}"
    return part.decode("ascii") if _LITERAL.match(part) else "<id>"


def kind_of(name: bytes) -> str | None:
    """What a name of another program says that it is, by the words of the checklist."""
    kinds = load().kinds
    for part in parts(name)[:2]:
        kind = kinds.get(part.decode("ascii", "replace"))
        if kind is not None:
            return kind
    return None


def follows_grammar(name: bytes) -> bool:
    """`entity:id[:field...]`: two to six parts, none empty, no blanks and no controls, the first in small letters."""
    words = parts(name)
    return (
        2 <= len(words) <= 6
        and len(name) <= load().thresholds["name_bytes"]
        and all(words)
        and _ENTITY.match(words[0]) is not None
        and not any(byte <= 0x20 or byte == 0x7F for byte in name)
    )
