"""What the repository's own checks share: the root, its files, and commands run as a user would run them."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/docs.d"))
PATTERN_NAMES = {
    "caching": "Caching",
    "sessions": "Sessions",
    "rate_limiting": "RateLimiting",
    "locks": "Locks",
    "pubsub": "PubSub",
    "streams": "Streams",
    "structures": "Structures",
    "operations": "Operations",
}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git knows or would add: what a clone holds, plus what is about to join it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def text(path: Path) -> str | None:
    """The file's text, or None for a binary file."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
