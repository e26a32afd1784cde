"""Writes the synchronous twins from the asyncio faces: `aio.py` -> `sync.py`, `*_aio.py` -> `*_sync.py`.

Usage: unasync.py [--check]    --check writes nothing and exits 1 when a twin is not what it should be
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "redis_patterns"
HEAD = "# Written by scripts/unasync.py from {source}: edit that file, then run the script.\n"
RULES = [
    (re.compile(pattern), text)
    for pattern, text in (
        (r"\basync (def|with|for)\b", r"\1"),
        (r"\bawait ", ""),
        (r"\bAwaitable\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1"),
        (r"Awaitable, Callable\b", "Callable"),
        (r"\b__aenter__\b", "__enter__"),
        (r"\b__aexit__\b", "__exit__"),
        (r"\b__aiter__\b", "__iter__"),
        (r"\b__anext__\b", "__next__"),
        (r"\bStopAsyncIteration\b", "StopIteration"),
        (r"\baclose\b", "close"),
        (r"\barun\b", "run"),
        (r"\barun_all\b", "run_all"),
        (r"\baread\b", "read"),
        (r"\baforget\b", "forget"),
        (r"\baask\b", "ask"),
        (r"\basend\b", "send"),
        (r"\badedicated\b", "dedicated"),
        (r"\basynchronous=True\b", "asynchronous=False"),
        (r"\bimport redis\.asyncio\b", "import redis"),
        (r"\bredis\.asyncio\.", "redis."),
        (r"\b_aio\b", "_sync"),
        (r"\b(\w+)_aio\b", r"\1_sync"),
        (r"\bfor asyncio\b", "for threads"),
        (r"`async (with|for)`", r"`\1`"),
    )
]


def twin(path: Path) -> Path:
    return path.with_name(path.name.replace("aio", "sync"))


def sources() -> list[Path]:
    return sorted([*PACKAGE.glob("*/aio.py"), *PACKAGE.glob("*/*_aio.py")])


def converted(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    text = HEAD.format(source=path.name) + text
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        text = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(twin(path)), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=PACKAGE.parents[1],
        ).stdout
    return text


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 64
    wrong = []
    for source in sources():
        text, target = converted(source), twin(source)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        wrong.append(target)
        if not arguments:
            target.write_text(text, encoding="utf-8")
    for target in wrong:
        print(("is not what its asyncio face says: " if arguments else "wrote ") + str(target.relative_to(PACKAGE)))
    return 1 if arguments and wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
