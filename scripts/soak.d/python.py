"""`scripts/soak python`: the Python package's random tests at their full count, and their controls.

At least 100,000 steps of the token bucket against rational arithmetic, 10,000 schedules of the lock and 10,000
interleavings of the cache, all in virtual time on the scripts and classes that ship. Takes some minutes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("test_bucket_oracle.py", "test_lock_schedules.py", "test_cache_interleavings.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=10, help="times the share of scripts/test (default 10)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/evidence/python.json")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        lines = Path(directory) / "lines"
        environment = {"REDIS_PATTERNS_EVIDENCE": str(lines), "REDIS_PATTERNS_SCALE": str(given.scale)}
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
        command += [str(ROOT / "python/tests" / name) for name in TESTS]
        done = subprocess.run(command, check=False, env={**os.environ, **environment})
        results = [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "made_by": f"scripts/soak python --scale {given.scale:g}",
        "held": done.returncode == 0,
        "results": sorted(results, key=lambda result: str(result["test"])),
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
