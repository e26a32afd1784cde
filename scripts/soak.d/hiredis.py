"""`scripts/soak hiredis`: the client's tests with hiredis 1.0.0 and 1.5.0 instead of the system's.

Builds each version from source and the package against it, in .build/hiredis-VERSION, and runs the suites there.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Scripts"))
import newer_hiredis  # noqa: E402

SUITES = "RESPTests|HiredisTests|ConformanceTests"


def examine(version: str) -> dict[str, Any]:
    built = newer_hiredis.build(version)
    scratch = f".build/hiredis-{version}"
    flags = ["-Xcc", f"-I{built}/include", "--scratch-path", scratch]
    subprocess.run(["swift", "build", "--build-tests", *flags], cwd=ROOT, check=True, stdout=sys.stderr)
    # Loaded first, so that its functions are the ones that are called, whatever the link found.
    environment = {**os.environ, "LD_PRELOAD": f"{built}/lib/libhiredis.so"}
    test = ["swift", "test", "--skip-build", *flags, "--filter"]
    require_calls_to(built, [*test, "CommandTests"], environment)
    width = ["--experimental-maximum-parallelization-width", "2"]
    done = subprocess.run([*test, SUITES, *width], cwd=ROOT, env=environment, capture_output=True, check=False)
    output = (done.stdout + done.stderr).decode(errors="replace")
    log = ROOT / f".build/logs/hiredis-{version}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(output, "utf-8")
    ran = re.findall(r"Test run with (\d+) tests .* (passed|failed)", output)
    failed = sorted(set(re.findall(r'✘ Test "([^"]+)".* failed after', output)))
    print(f"hiredis {version}: {ran}, failed: {failed}; the log: {log}", file=sys.stderr)
    return {"tests": int(ran[-1][0]) if ran else 0, "failed": failed, "held": done.returncode == 0 and bool(ran)}


def require_calls_to(built: Path, test: list[str], environment: dict[str, str]) -> None:
    """Exits unless the functions of hiredis that the tests call are those of this build."""
    with tempfile.TemporaryDirectory() as folder:
        told = {**environment, "LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": f"{folder}/told"}
        subprocess.run(test, cwd=ROOT, env=told, capture_output=True, check=True)
        text = "".join(file.read_text(errors="replace") for file in Path(folder).iterdir())
    targets = set(re.findall(r" to (\S+) \[\d+\]: normal symbol `redisReaderGetReply'", text))
    if targets != {f"{built}/lib/libhiredis.so"}:
        sys.exit(f"the tests call the parser in {targets or 'nothing'}")


def main() -> None:
    found = {version: examine(version) for version in newer_hiredis.CARRIERS}
    failed = sum(not each["held"] for each in found.values())
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "made_by": "scripts/soak hiredis",
        "held": failed == 0,
        "suites": SUITES,
        "versions": found,
    }
    (ROOT / "docs/evidence/hiredis.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(found) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
