"""Judges the pages before the site is built: the template of the pattern pages, and the errors page.

Prints each fault with its page; exit 1 when there is one. A pattern page has the sections named here, in order, and a
row of "Guarantees and failures" names a test that exists or says "not covered".
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

SECTIONS = [
    "At a glance",
    "Example",
    "How it works",
    "Keys",
    "Guarantees and failures",
    "Measured",
    "Tuning",
    "Pitfalls",
    "Operate",
    "Before production",
    "See also",
]
PART_SECTIONS = ["Example", "Keys", "Guarantees and failures"]
GLANCE = ["Problem", "Use when", "Don't use when", "Cost", "Scripts"]
FAILURES = [
    "two callers at once",
    "the caller dies",
    "the caller pauses",
    "a clock is wrong",
    "Redis restarts",
    "Redis is unreachable",
    "failover",
    "a key is evicted",
    "memory is full",
    "Cluster",
]
MOST_INLINE_LINES = 3


def tests(root: Path) -> set[str]:
    """The name of every test in the tree: Swift sentences, Python functions, vector cases."""
    names: set[str] = set()
    for file in root.glob("Tests/**/*.swift"):
        source = file.read_text("utf-8")
        names |= set(re.findall(r"func `([^`]+)`", source))
    for file in [*root.glob("python/tests/**/*.py"), *root.glob("Tests/Scripts/*.py")]:
        names |= set(re.findall(r"def (test_\w+)", file.read_text("utf-8")))
    for file in root.glob("Tests/Conformance/*/*.json"):
        names |= {case["name"] for case in json.loads(file.read_text("utf-8")).get("cases", []) if "name" in case}
    return names


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {title.strip(): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def rows(body: str) -> list[list[str]]:
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def pattern_faults(page: str, known_tests: set[str]) -> list[str]:
    found = []
    if not re.match(r"# \S.*\n\n[^#\s]", page):
        found.append("begins with a title and one sentence")
    have = sections(page)
    found += [f"no section '{name}'" for name in SECTIONS if name not in have]
    if [name for name in have if name in SECTIONS] != [name for name in SECTIONS if name in have]:
        found.append("its sections are out of order")

    glance = " ".join(row[0] for row in rows(have.get("At a glance", "")))
    found += [f"'At a glance' lacks '{word}'" for word in GLANCE if word not in glance]
    if have.get("How it works", "").count("```mermaid") < 2:
        found.append("'How it works' has two diagrams: the way it goes, and the hazard it prevents")
    for language in ("Swift", "Python"):
        if f'=== "{language}"' not in have.get("Example", ""):
            found.append(f"'Example' has no tab for {language}")
    if "docs/examples/output/" not in have.get("Example", ""):
        found.append("'Example' does not show the golden output")

    guarantees = rows(have.get("Guarantees and failures", ""))
    for wanted in FAILURES:
        if not any(wanted.lower() in row[0].lower() for row in guarantees):
            found.append(f"'Guarantees and failures' is silent about: {wanted}")
    for row in guarantees:
        found += [f"'{row[0]}': {fault}" for fault in proof_faults(row[-1], known_tests)]
    return found + code_faults(page)


def part_faults(page: str, known_tests: set[str]) -> list[str]:
    """A page of its own for one part of a large pattern: the pattern's page keeps the whole template."""
    found = []
    if not re.match(r"# \S.*\n\n[^#\s]", page):
        found.append("begins with a title and one sentence")
    have = sections(page)
    found += [f"no section '{name}'" for name in PART_SECTIONS if name not in have]
    for language in ("Swift", "Python"):
        if f'=== "{language}"' not in have.get("Example", ""):
            found.append(f"'Example' has no tab for {language}")
    for row in rows(have.get("Guarantees and failures", "")):
        found += [f"'{row[0]}': {fault}" for fault in proof_faults(row[-1], known_tests)]
    return found + code_faults(page)


def proof_faults(cell: str, known_tests: set[str]) -> list[str]:
    named = re.findall(r"`([^`]+)`", cell)
    if cell.lower().startswith("not covered"):
        return []
    if not named:
        return ["names no test and does not say 'not covered'"]
    return [f"no test is called '{name}'" for name in named if name not in known_tests]


def code_faults(page: str) -> list[str]:
    """Code comes from files that tests run; only a few lines of shell may stand in a page itself."""
    found = []
    for language, body in re.findall(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", page, flags=re.MULTILINE | re.DOTALL):
        lines = [line for line in body.splitlines() if line.strip()]
        own = [line for line in lines if "--8<--" not in line]
        if language != "mermaid" and len(own) > MOST_INLINE_LINES:
            found.append(f"{len(own)} lines of {language or 'code'} in the page: include them from a file that runs")
    return found


def error_codes(root: Path) -> dict[str, str]:
    """Every stable code with its next step: RedisError's from the Swift source, the patterns' from their contracts."""
    codes = (root / "Sources/RESP/RedisError.swift").read_text("utf-8")
    steps = "".join(file.read_text("utf-8") for file in sorted(root.glob("Sources/RESP/RedisError*.swift")))
    step_of = dict(re.findall(r'case \.(\w+):\s+"([^"]+)"', steps))
    found = {code: step_of[name] for name, code in re.findall(r'case `?(\w+)`? = "([A-Z]+)"', codes)}
    for file in sorted(root.glob("lua/*/*.contract.json")):
        found |= json.loads(file.read_text("utf-8"))["errors"]
    return found


def plain(words: str) -> str:
    """The words alone: how lines break and what stands as code does not matter."""
    return " ".join(words.replace("`", "").split())


def error_faults(page: str, codes: dict[str, str]) -> list[str]:
    have = {title.strip(): body for title, body in re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", page, re.M | re.S)}
    found = [f"no heading '### {code}'" for code in codes if code not in have]
    found += [f"'### {code}' is no code of ours" for code in have if code not in codes]
    for code, step in codes.items():
        if code in have and plain(step) not in plain(have[code]):
            found.append(f"{code} does not say: {step}")
    return found


def faults(root: Path) -> list[str]:
    known = tests(root)
    found = []
    for file in sorted(root.glob("docs/patterns/*.md")):
        found += [f"{file.relative_to(root)}: {fault}" for fault in pattern_faults(file.read_text("utf-8"), known)]
    for file in sorted(root.glob("docs/patterns/*/*.md")):
        found += [f"{file.relative_to(root)}: {fault}" for fault in part_faults(file.read_text("utf-8"), known)]
    errors = root / "docs/errors.md"
    found += [f"docs/errors.md: {fault}" for fault in error_faults(errors.read_text("utf-8"), error_codes(root))]
    for file in sorted(root.glob("docs/**/*.md")):
        if "patterns" not in file.parts:
            found += [f"{file.relative_to(root)}: {fault}" for fault in code_faults(file.read_text("utf-8"))]
    return found


if __name__ == "__main__":
    problems = faults(Path(__file__).resolve().parents[2])
    print("\n".join(problems) if problems else "every page keeps to its template")
    sys.exit(1 if problems else 0)
