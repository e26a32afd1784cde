"""Judges the README: its code is the code of files that tests run, and its links lead somewhere.

A block of code follows a line `<!-- from PATH:REGION -->` (or `<!-- from PATH -->`) and equals that part of that file.
`--write` puts the files' present text in. Exit 1 when something differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

BLOCK = re.compile(
    r"<!-- from (?P<path>[^\s:]+)(?::(?P<region>\w+))? -->\n```(?P<language>\w*)\n(?P<code>.*?)```", re.S
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)|(?:src|srcset)=\"(?!https?:)([^\"]+)\"")
MOST_INLINE_LINES = 3


def part(file: Path, region: str | None) -> str:
    """A region of a file, as the site includes it: without its indentation."""
    content = file.read_text("utf-8")
    if region:
        mark = re.escape(f"[{{}}:{region}]")
        found = re.search(
            mark.replace(r"\{\}", "start") + r"[^\n]*\n(.*?)\n[^\n]*" + mark.replace(r"\{\}", "end"), content, re.S
        )
        if not found:
            raise ValueError(f"{file.name} has no region {region}")
        content = found.group(1)
    lines = content.rstrip("\n").split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines) + "\n"


def written(root: Path, readme: str) -> str:
    """The README with every block as its file has it."""

    def replaced(match: re.Match[str]) -> str:
        code = part(root / match["path"], match["region"])
        source = match["path"] + (f":{match['region']}" if match["region"] else "")
        return f"<!-- from {source} -->\n```{match['language']}\n{code}```"

    return BLOCK.sub(replaced, readme)


def faults(root: Path, readme: str) -> list[str]:
    found = []
    try:
        if written(root, readme) != readme:
            found.append("a block differs from its file: run scripts/docs.d/check_readme.py --write")
    except (OSError, ValueError) as error:
        found.append(str(error))
    for language, code in re.findall(r"^```(\w*)\n(.*?)^```", BLOCK.sub("", readme), re.M | re.S):
        if len(code.strip().splitlines()) > MOST_INLINE_LINES:
            found.append(f"a block of {language or 'code'} comes from no file: {code.strip().splitlines()[0]}")
    for match in LINK.finditer(readme):
        target = match.group(1) or match.group(2)
        if not (root / target).exists():
            found.append(f"{target} is not there")
    return found


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    file = root / "README.md"
    if sys.argv[1:] == ["--write"]:
        file.write_text(written(root, file.read_text("utf-8")), "utf-8")
    problems = faults(root, file.read_text("utf-8"))
    print("\n".join(f"README.md: {problem}" for problem in problems) or "the README's code is the files' code")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
