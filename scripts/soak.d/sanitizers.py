"""`scripts/soak sanitizers`: the client's and the patterns' tests under ThreadSanitizer and AddressSanitizer.

Builds into .tsan and .asan. First the planted faults (a race, writes behind and after memory, a leak), which must be
reported, or the sanitizer is silent; then the suites, which must bring no report beyond the proven ones in tsan.supp
and lsan.supp. A sanitizer makes everything many times slower, so a test that fails, mostly by a deadline, is told and
not judged here; `scripts/test` judges it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EVIDENCE = ROOT / "docs/evidence"
SUITES = "RESPTests|HiredisTests|RedisPatternsTests"


@dataclass(frozen=True)
class Sanitizer:
    flag: str
    folder: str
    #: planted fault → what the sanitizer must say
    canaries: dict[str, str]


SANITIZERS = {
    "ThreadSanitizer": Sanitizer("thread", ".tsan", {"race": "race .*SanitizerCanaryTests"}),
    "AddressSanitizer": Sanitizer(
        "address",
        ".asan",
        {
            "overflow": "heap-buffer-overflow .*SanitizerCanaryTests",
            "freed": "heap-use-after-free .*lock\\.c",
            "leak": "byte\\(s\\) leaked in",
        },
    ),
}
OPTIONS = {
    "TSAN_OPTIONS": f"suppressions={HERE}/tsan.supp:print_suppressions=1",
    "ASAN_OPTIONS": "detect_leaks=1",
    "LSAN_OPTIONS": f"suppressions={HERE}/lsan.supp:print_suppressions=0",
    "SWIFT_BACKTRACE": "enable=no",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[each.flag for each in SANITIZERS.values()], help="one of the two")
    parser.add_argument("--scale", type=float, default=1, help="times the share of scripts/test")
    parser.add_argument("--suites", default=SUITES, help=f"the tests to run (default {SUITES})")
    given = parser.parse_args()

    done: dict[str, Any] = {}
    for name, sanitizer in SANITIZERS.items():
        if given.only in (None, sanitizer.flag):
            done[name] = examine(name, sanitizer, given.suites, given.scale)
    failed = sum(not each["held"] for each in done.values())
    if given.only is None and given.suites == SUITES:
        report = {
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "made_by": "scripts/soak sanitizers",
            "held": failed == 0,
            "scale": given.scale,
            "sanitizers": done,
        }
        EVIDENCE.mkdir(parents=True, exist_ok=True)
        (EVIDENCE / "sanitizers.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(f"{len(done) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def examine(name: str, sanitizer: Sanitizer, suites: str, scale: float) -> dict[str, Any]:
    # SwiftPM 6.3 trips over the plan that it kept of its last build in such a folder; without the file it plans anew.
    for plan in (ROOT / sanitizer.folder).glob("*/debug/description.json"):
        plan.unlink()
    build = ["swift", "build", "--build-tests", f"--sanitize={sanitizer.flag}", "--scratch-path", sanitizer.folder]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    program = ROOT / sanitizer.folder / "debug/redis-patternsPackageTests.xctest"
    logs = ROOT / ".build/logs"
    logs.mkdir(parents=True, exist_ok=True)

    silent = []
    for canary, expected in sanitizer.canaries.items():
        log = logs / f"sanitizer-{canary}.log"
        code = run(program, "SanitizerCanary", log, REDIS_PATTERNS_CANARY=canary)
        if code == 0 or not re.search(f"SUMMARY: .*{expected}", log.read_text("utf-8", "replace")):
            silent.append(canary)
    log = logs / f"sanitizer-{sanitizer.flag}.log"
    run(program, suites, log, REDIS_PATTERNS_SCALE=f"{scale:g}")
    said = log.read_text("utf-8", "replace")
    reports = [line.replace(f"{ROOT}/", "") for line in said.splitlines() if line.startswith("SUMMARY: ")]
    ended = re.search(r"Test run with (\d+) tests?.*? (?:passed|failed) after", said)
    late = sorted(set(re.findall(r'Test (?!run)"?([^"\n]*?)"?(?: with \d+ test cases?)? failed after', said)))
    report = {
        "tests": int(ended.group(1)) if ended else 0,
        "reports": len(reports),
        "canaries": [canary for canary in sanitizer.canaries if canary not in silent],
        "failed_but_not_judged": late,
        "held": bool(ended) and not reports and not silent,
    }
    verdict = "ok" if report["held"] else "FAILED"
    print(f"{verdict:7}{name}: {report['tests']} tests, {len(reports)} reports, {len(late)} tests failed", flush=True)
    for canary in silent:
        print(f"       the planted {canary} was not reported: the sanitizer is silent")
    for line in sorted(set(reports)):
        print(f"       {line[:200]}")
    if not ended:
        print(f"       the run did not end well; see {log.relative_to(ROOT)}")
    return report


def run(program: Path, tests: str, log: Path, **environment: str) -> int:
    # Two tests at a time, as in scripts/test: all at once, they would miss every deadline.
    command = [str(program), "--testing-library", "swift-testing", "--filter", tests]
    command += ["--experimental-maximum-parallelization-width", "2"]
    with log.open("w", encoding="utf-8") as out:
        try:
            return subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | OPTIONS | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=1200,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return -1


if __name__ == "__main__":
    main()
