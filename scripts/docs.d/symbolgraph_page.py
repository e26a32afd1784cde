"""The Swift API as one Markdown page, from the symbol graphs that the compiler writes.

A link to a symbol that does not exist, written as two backquotes around a name, fails the build.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HEAD = """# Swift API

Made from the sources when this site was built.
"""
NOT_BUILT = """# Swift API

This copy of the site was built without the Swift modules: run `swift build`, then `scripts/docs`.
"""
KINDS = {
    "swift.protocol": "protocol",
    "swift.struct": "struct",
    "swift.class": "class",
    "swift.actor": "actor",
    "swift.enum": "enum",
    "swift.typealias": "typealias",
    "swift.func": "func",
    "swift.var": "var",
}
# What a reader looks up; the rest (equality, hashing, codable members) is noise.
NOISE = {"==(_:_:)", "!=(_:_:)", "hash(into:)", "hashValue", "encode(to:)", "init(from:)", "init(rawValue:)"}


class UnknownSymbolError(Exception):
    """A comment links to a symbol that no public API has."""


def page(folder: Path) -> str:
    graphs: dict[str, list[Any]] = {}
    for file in sorted(folder.glob("*.symbols.json")):
        graph = json.loads(file.read_text("utf-8"))
        module = graph["module"]["name"]
        graphs.setdefault(module, []).extend(
            symbol
            for symbol in graph["symbols"]
            if "::SYNTHESIZED::" not in symbol["identifier"]["precise"] and symbol["pathComponents"][-1] not in NOISE
        )
    known = {".".join(symbol["pathComponents"]) for symbols in graphs.values() for symbol in symbols}
    parts = [HEAD]
    for module, symbols in graphs.items():
        parts.append(f"## {module}\n")
        parts += [entry(symbol, module, known) for symbol in sorted(symbols, key=order)]
    return "\n".join(parts)


def order(symbol: Any) -> tuple[Any, ...]:
    path = symbol["pathComponents"]
    at = symbol.get("location", {}).get("position", {}).get("line", 0)
    return (path[0], len(path) > 1, path[:-1], at)


def entry(symbol: Any, module: str, known: set[str]) -> str:
    path = symbol["pathComponents"]
    name = ".".join(path)
    declaration = "".join(part["spelling"] for part in symbol.get("declarationFragments", []))
    written = symbol.get("docComment", {})
    # What is inherited from a protocol of the standard library is described there.
    lines = written.get("lines", []) if written.get("module", module) == module else []
    comment = "\n".join(line["text"] for line in lines)
    level = "###" if len(path) == 1 else "####"
    kind = KINDS.get(symbol["kind"]["identifier"], "")
    title = f"{kind} {path[0]}" if len(path) == 1 and kind else ".".join(path[1:]) or name
    return "\n".join(
        [
            f"{level} {title} {{ #{anchor(module, symbol)} }}\n",
            f"```swift\n{declaration}\n```\n",
            described(comment, name, known) + "\n",
        ]
    )


def anchor(module: str, symbol: Any) -> str:
    path = "-".join([module, *symbol["pathComponents"]])
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-").lower()
    # Overloads share a path: a few digits of the mangled name tell them apart.
    mark = sum(ord(letter) * (at + 1) for at, letter in enumerate(symbol["identifier"]["precise"])) % 46656
    return f"{plain}-{mark:x}"


def described(comment: str, name: str, known: set[str]) -> str:
    def resolve(match: re.Match[str]) -> str:
        wanted = match.group(1).replace("/", ".")
        if not any(item == wanted or item.endswith(f".{wanted}") for item in known):
            raise UnknownSymbolError(f"{name} links to {wanted}, which no public API has")
        return f"`{wanted}`"

    comment = re.sub(r"(?<!`)``([^`\n]+)``(?!`)", resolve, comment)
    # DocC's lists of parameters and errors become plain bullets with bold heads.
    comment = re.sub(r"^- (Parameters?|Returns|Throws|Note|Complexity)\b", r"- **\1**", comment, flags=re.MULTILINE)
    return re.sub(r"(?m)^(?!- |  )(.*\S.*)\n(?=- )", r"\1\n\n", comment)
