"""`scripts/soak bridge`: 100,000 calls of every kind across the bridge grow neither Python's blocks nor the process.

Fails when a kind leaves 300 blocks or 1 MiB behind, or when the control, which keeps one string a call, does not grow.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_BLOCKS = 300
MOST_KIB = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="calls of each kind (default 100000)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/evidence/bridge.json")
    given = parser.parse_args()

    build = ["swift", "build", "-c", "release", "--product", "python-bridge-probe"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    shown = subprocess.run([*build, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    program = f"{shown.stdout.strip()}/python-bridge-probe"
    callbacks = ROOT / "Tests/PythonBridgeTests/Fixtures/callbacks.py"
    command = [program, "leaks", str(given.count), str(callbacks)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)

    kinds = json.loads(done.stdout)
    for kind in kinds:
        if kind["kind"].startswith("control"):
            kind["holds"] = kind["blocks"] >= kind["calls"]
        else:
            kind["holds"] = kind["blocks"] < MOST_BLOCKS and kind["residentKiB"] < MOST_KIB
        verdict = "ok" if kind["holds"] else "FAILED"
        grown = f"{kind['blocks']:>7} blocks {kind['residentKiB']:>6} KiB"
        print(f"{verdict:7}{kind['kind']:26}{kind['calls']:>8} calls {grown}")
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}",
        "made_by": f"scripts/soak bridge --count {given.count}",
        "kinds": kinds,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    sys.exit(0 if all(kind["holds"] for kind in kinds) else 1)


if __name__ == "__main__":
    main()
