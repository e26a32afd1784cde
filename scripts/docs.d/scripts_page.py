"""The reference of the Lua scripts as Markdown, from the contracts and the files themselves."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

HEAD = """# Scripts

Made from `lua/` when this site was built. Swift and Python load these very bytes; a server knows each script by its
SHA-1. Protocol number: **{number}**. [What the rules are and why](../contract.md).
"""


def page(root: Path) -> str:
    number = (root / "lua/PROTOCOL").read_text("utf-8").strip()
    files = sorted(root.glob("lua/*/*.contract.json"))
    patterns = [pattern(json.loads(file.read_text("utf-8")), file.parent) for file in files]
    return "\n".join([HEAD.format(number=number), *patterns])


def pattern(contract: dict[str, Any], folder: Path) -> str:
    keys = [
        [
            f"`{key['template']}`",
            key["type"],
            key["summary"] + (f"<br>`{key['layout']}`" if "layout" in key else ""),
            key["expires"]["when"] if "expires" in key else f"never: {key['never']}",
            f"`{key['expires']['at_most_us']}`" if "expires" in key else "",
        ]
        for key in contract["keys"].values()
    ]
    parts = [
        f"## {contract['pattern']}\n\n{contract['summary']}\n",
        table(["key", "type", "holds", "expires when", "TTL is at most, µs"], keys),
    ]
    for name, script in contract["scripts"].items():
        parts.append(one_script(name, script, contract, folder))
    return "\n".join(parts)


def one_script(name: str, script: dict[str, Any], contract: dict[str, Any], folder: Path) -> str:
    source = (folder / f"{name}.lua").read_bytes()
    inputs = []
    for at, key in enumerate(script["keys"], 1):
        manner = ", optional" if key.get("optional") else ", repeated" if key.get("repeated") else ""
        inputs.append([f"`KEYS[{at}]`", key["name"], f"`{contract['keys'][key['key']]['template']}`{manner}"])
    for at, argument in enumerate(script["arguments"], 1):
        place = -1 if at == len(script["arguments"]) else at
        inputs.append([f"`ARGV[{place}]`", argument["name"], meaning(argument)])
    replies = [[f"`{status}`", " ".join(f"`{v}`" for v in values)] for status, values in script["replies"].items()]
    facts = f"{script['complexity']}, one round trip; when memory is full: {script['full_memory']}."
    return "\n".join(
        [
            f"### {name}\n\n{script['summary'][0].upper()}{script['summary'][1:]}\n",
            f"{facts} SHA-1 `{hashlib.sha1(source).hexdigest()}`\n",
            table(["", "name", "what"], inputs),
            table(["reply", "values"], replies),
            f'??? note "lua/{folder.name}/{name}.lua"\n\n    ```lua\n'
            + "".join(f"    {line}\n" for line in source.decode().splitlines())
            + "    ```\n",
        ]
    )


def meaning(argument: dict[str, Any]) -> str:
    kind: str = argument["type"]
    if kind == "choice":
        kind = " or ".join(f"`{choice}`" for choice in argument["choices"])
    elif kind == "group":
        kind = ", ".join(f"`{field}`" for field in argument["fields"])
    if "unit" in argument:
        kind += f", {argument['unit']}"
    if argument.get("repeated"):
        kind += ", repeated"
    return kind + (f" ({argument['summary']})" if "summary" in argument else "")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines)
