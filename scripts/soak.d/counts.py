"""`scripts/soak counts [NAME…]`: the counted tests at the full counts that were asked for, with their naive controls.

NAME is one of those below (`--help` lists them); without one, all run. Each claim is proved by the tests that
`scripts/test` also runs, at a larger REDIS_PATTERNS_SCALE; what they saw goes to docs/evidence/NAME.json. Fails when a
count is not reached, a promise was broken, or a naive form that must fail did not.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "docs/evidence"


@dataclass(frozen=True)
class Part:
    """The tests of one language, and by how much they multiply their share."""

    tests: str
    scale: float


@dataclass(frozen=True)
class Claim:
    says: str
    #: the least number of `what`, in each language
    asked: int
    what: str
    #: the scripts that it vouches for, as patterns below lua/; none where only the clients are tried
    scripts: tuple[str, ...] = ()
    swift: Part | None = None
    python: Part | None = None


CLAIMS = {
    "cancellations": Claim(
        "a cancelled call never shifts an answer to another question",
        100_000,
        "cancellations",
        swift=Part("Cancellations under load", 10),
        python=Part("test_cancellations.py", 50),
    ),
    "oracle": Claim(
        "the token bucket answers exactly what rational arithmetic says",
        100_000,
        "steps",
        scripts=("rate_limiting/bucket_*",),
        swift=Part("Token bucket against exact arithmetic", 10.5),
        python=Part("test_bucket_oracle.py", 10),
    ),
    "limits": Claim(
        "windows and the sliding log answer exactly what their definitions say, 100,000 steps of each",
        200_000,
        "steps",
        scripts=("rate_limiting/window_*", "rate_limiting/log_*"),
        swift=Part("Windows and logs against their definitions", 10),
        python=Part("test_limit_oracles.py", 10),
    ),
    "lock": Claim(
        "the lock keeps exclusion, order and growing fences though clients crash and every wake-up is lost",
        10_000,
        "schedules",
        scripts=("locks/lock_*",),
        swift=Part("Lock under random schedules", 20),
        python=Part("test_lock_schedules.py", 10),
    ),
    "semaphore": Claim(
        "the semaphore never grants too much, passes nobody and forgets nobody though clients crash and wake-ups fail",
        10_000,
        "schedules",
        scripts=("locks/semaphore_*",),
        swift=Part("Semaphore under random schedules", 20),
        python=Part("test_semaphore_schedules.py", 20),
    ),
    "redlock": Claim(
        "no two hold a Redlock of five servers at once though nodes are killed, stopped and restarted empty",
        100,
        "turns",
        scripts=("locks/redlock_*",),
        python=Part("test_redlock.py", 8),
    ),
    "cache": Claim(
        "no read that begins after a delete sees what was before it",
        10_000,
        "interleavings",
        scripts=("caching/*",),
        swift=Part("Cache under random interleavings", 20),
        python=Part("test_cache_interleavings.py", 10),
    ),
    "sessions": Claim(
        "a session that has ended stays ended, no key is without expiry and no field that was saved is lost",
        10_000,
        "interleavings",
        scripts=("sessions/*",),
        swift=Part("Sessions under random interleavings", 20),
        python=Part("test_session_interleavings.py", 10),
    ),
    "board": Claim(
        "a leaderboard answers exactly what a sorted list and a calendar say",
        50_000,
        "steps",
        scripts=("structures/board_*",),
        swift=Part("every answer of a board is that|a plain sorted set gives ties", 10),
        python=Part("test_board_oracle.py", 10),
    ),
    "queue": Claim(
        "no job of a reliable queue is lost, or two workers' at a time, though workers crash and leases end",
        1_000,
        "schedules",
        scripts=("structures/queue_*",),
        swift=Part("every answer of a queue is that|a plain list gives jobs otherwise", 10),
        python=Part("test_queue_schedules.py", 10),
    ),
    "pubsub": Claim(
        "a subscription whose connection is killed under load tells every gap, and invents none",
        200,
        "kills",
        scripts=("pubsub/*",),
        swift=Part("Subscriptions under faults", 10),
        python=Part("test_pubsub_faults.py", 10),
    ),
    "fleet": Claim(
        "four Swift and four Python processes together admit exactly the burst, never overlap and load once",
        1_000,
        "admissions",
        scripts=("rate_limiting/bucket_*", "locks/lock_*", "caching/*", "sessions/*"),
        swift=Part("A mixed fleet", 5),
    ),
    "streams": Claim(
        "a stream loses no message although its Swift and Python workers are killed at random points",
        5_000,
        "messages",
        scripts=("streams/*",),
        swift=Part("A fleet on one stream", 20),
    ),
    "structures": Claim(
        "two fleets on one board, counter and queue: each rank, sum and number is told once, SIGKILL loses no job",
        4_000,
        "jobs",
        scripts=("structures/board_*", "structures/counter_*", "structures/queue_*"),
        swift=Part("A fleet on structures", 20),
    ),
    "deliveries": Claim(
        "only who has a message now can end it, and none is lost, whoever crashes, comes late or leaves",
        50_000,
        "steps",
        scripts=("streams/*",),
        python=Part("test_stream_schedules.py", 10),
    ),
}


class Parser(argparse.ArgumentParser):
    """Wrong usage is 64, as in every script here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CLAIMS))
    parser.add_argument("--share", action="store_true", help="only the share of scripts/test; writes no evidence")
    given = parser.parse_args()
    if unknown := set(given.names) - set(CLAIMS):
        parser.error(f"nothing is called {', '.join(sorted(unknown))}")
    names = given.names or list(CLAIMS)

    if any(CLAIMS[name].swift for name in names):
        subprocess.run(["swift", "build", "--build-tests"], cwd=ROOT, check=True, stdout=sys.stderr)
    failed = 0
    for name in names:
        report = prove(name, CLAIMS[name], share=given.share)
        failed += not report["held"]
        print(f"{'ok' if report['held'] else 'FAILED':7}{name:14}{summary(report)}", flush=True)
        if not given.share:
            EVIDENCE.mkdir(parents=True, exist_ok=True)
            (EVIDENCE / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def prove(name: str, claim: Claim, *, share: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "claim": claim.says,
        "asked": claim.asked,
        "what": claim.what,
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "made_by": f"scripts/soak counts {name}",
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores",
        "redis": redis_version(),
        "scripts": digests(claim),
        "held": True,
    }
    for language, part in (("swift", claim.swift), ("python", claim.python)):
        if part is None:
            continue
        scale = 1 if share else part.scale
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            passed = run(language, part.tests, scale, folder)
            file = Path(folder) / f"{name}.{language}.json"
            seen = json.loads(file.read_text("utf-8")) if file.exists() else {"runs": [], "control": {}}
        counted = [each for each in seen["runs"] if each["what"] == claim.what]
        held = (
            passed
            and (share or sum(each["count"] for each in counted) >= claim.asked)
            and bool(counted)
            and not any(each["violations"] for each in seen["runs"])
            and bool(seen["control"])
            and all(seen["control"].values())
        )
        report[language] = {"scale": scale, "seconds": round(time.monotonic() - started), "held": held, **seen}
        report["held"] = report["held"] and held
    return report


def run(language: str, tests: str, scale: float, folder: str) -> bool:
    environment = os.environ | {"REDIS_PATTERNS_EVIDENCE": folder, "REDIS_PATTERNS_SCALE": f"{scale:g}"}
    if language == "swift":
        command = ["swift", "test", "--skip-build", "--filter", tests]
    else:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"python/tests/{tests}"]
    log = ROOT / f".build/logs/counts-{language}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        print(*log.read_text("utf-8").splitlines()[-25:], sep="\n", file=sys.stderr)
    return done.returncode == 0


def digests(claim: Claim) -> dict[str, dict[str, str]]:
    """The SHA-1 of each script that the claim is about: by them the evidence page sees that one has changed since."""
    return {
        pattern: {
            file.stem: hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()
            for file in sorted((ROOT / "lua").glob(f"{pattern}.lua"))
        }
        for pattern in claim.scripts
    }


def redis_version() -> str:
    said = subprocess.run(["redis-server", "--version"], check=True, capture_output=True, text=True).stdout
    return next(word[2:] for word in said.split() if word.startswith("v="))


def summary(report: dict[str, Any]) -> str:
    said = []
    for language in ("swift", "python"):
        if part := report.get(language):
            count = sum(each["count"] for each in part["runs"] if each["what"] == report["what"])
            broken = sum(each["violations"] for each in part["runs"])
            said.append(f"{language} {count} {report['what']}, {broken} violations ({part['seconds']} s)")
    return "; ".join(said)


if __name__ == "__main__":
    main()
