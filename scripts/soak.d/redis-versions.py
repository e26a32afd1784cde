"""`scripts/soak redis-versions [--only python|swift] [SERVER…]`: both languages' whole suites on other Redis.

Without a SERVER on 6.2.5 and 6.2.14; else on these programs, such as a newer redis-server or a valkey-server. What was
seen of each version is kept until it runs again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Scripts"))
import older_redis  # noqa: E402

EVIDENCE = ROOT / "docs/evidence/redis-versions.json"
WIDTH = ["--experimental-maximum-parallelization-width", "2"]


def python(log: str) -> tuple[int, list[str]]:
    """Tests that passed, and the names of those that failed."""
    counts = [int(count) for count in re.findall(r"(\d+) passed", log)]
    return (counts or [0])[-1], sorted(set(re.findall(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", log, re.MULTILINE)))


def swift(log: str) -> tuple[int, list[str]]:
    counts = [int(count) for count in re.findall(r"Test run with (\d+) tests", log)]
    failed = sorted(set(re.findall(r'✘ Test "([^"]+)".* failed after', log)))
    return (counts or [0])[-1] - len(failed), failed


SUITES: dict[str, tuple[list[str], Callable[[str], tuple[int, list[str]]]]] = {
    "python": ([sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "python/tests"], python),
    "swift": (["swift", "test", "--skip-build", *WIDTH], swift),
}


def examine(server: Path, version: str, language: str) -> dict[str, Any]:
    command, read = SUITES[language]
    environment = os.environ | {"REDIS_PATTERNS_REDIS_SERVER": str(server)}
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    output = (done.stdout + done.stderr).decode(errors="replace")
    log = ROOT / f".build/logs/redis-{version}-{language}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(output, "utf-8")
    passed, failed = read(output)
    print(f"{version}, {language}: {passed} passed, failed: {failed}; the log: {log}", file=sys.stderr)
    return {
        "passed": passed,
        "failed": failed,
        "seconds": round(time.monotonic() - began),
        "held": done.returncode == 0 and passed > 0,
    }


def servers(named: list[Path]) -> dict[str, Path]:
    """`Redis 6.2.14` or `Valkey 8.0.1` → the program."""
    found = {}
    for server in [path.resolve() for path in named] or [older_redis.program(each) for each in older_redis.CARRIERS]:
        version = older_redis.version_of(server)
        if version is None:
            sys.exit(f"{server} does not say its version")
        kind = "Valkey" if "valkey" in server.name else "Redis"
        found[f"{kind} {version}"] = server
    return found


def keep(name: str, language: str, seen: dict[str, Any]) -> None:
    kept: dict[str, Any] = json.loads(EVIDENCE.read_text("utf-8"))["versions"] if EVIDENCE.exists() else {}
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    kept.setdefault(name, {})[language] = {"date": today, **seen}
    report = {
        "date": today,
        "made_by": "scripts/soak redis-versions",
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} processors",
        "held": all(each["held"] for suites in kept.values() for each in suites.values()),
        "versions": dict(sorted(kept.items())),
    }
    EVIDENCE.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/soak redis-versions")
    parser.add_argument("--only", choices=SUITES)
    parser.add_argument("servers", metavar="SERVER", nargs="*", type=Path)
    chosen = parser.parse_args()
    languages = [chosen.only] if chosen.only else list(SUITES)
    try:
        found = servers(chosen.servers)
    except older_redis.UnavailableError as reason:
        print(f"redis-versions: {reason}", file=sys.stderr)
        sys.exit(4)
    if "swift" in languages:
        subprocess.run(["swift", "build", "--build-tests"], cwd=ROOT, check=True, stdout=sys.stderr)
    failed = 0
    for name, server in found.items():
        for language in languages:
            seen = examine(server, name.split(" ")[1], language)
            keep(name, language, seen)
            failed += not seen["held"]
    print(f"{len(found) * len(languages) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
