"""`scripts/bench bridge`: what a call between Swift and Python costs, each row beside a plain call in C.

Builds the command line in release mode and writes docs/benchmarks/bridge.md and bridge.json. Every row is measured once
per round, in turn, so that a drift of the machine's speed meets all alike, and takes about two milliseconds, so that a
busy machine gives some rounds an undisturbed slice.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def build() -> str:
    command = ["swift", "build", "-c", "release", "--product", "redis-patterns"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    shown = subprocess.run([*command, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    return f"{shown.stdout.strip()}/redis-patterns"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def table(report: dict[str, Any]) -> str:
    lines = [
        "# What a call across the bridge costs",
        "",
        f"Measured on {report['date']} with `scripts/bench bridge`: release build, Python {report['python']}, "
        f"{report['machine']}, {report['rounds']} interleaved rounds.",
        f"The machine's load was {report['load']:.1f} at the start: other work shows in the median and the maximum. "
        "The last column compares the minima with the first row's.",
        "",
        "<!-- --8<-- [start:table] -->",
        "| nanoseconds per call | min | median | max | times the first row |",
        "|---|---:|---:|---:|---:|",
    ]
    floor = min(report["rows"][0]["nanoseconds"])
    for row in report["rows"]:
        times = row["nanoseconds"]
        spread = [min(times), statistics.median(times), max(times)]
        cells = [row["what"], *map(number, spread), number(min(times) / floor)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"{report['date']}, Python {report['python']}, {report['machine']}; remade by `scripts/bench bridge`.",
        "<!-- --8<-- [end:table] -->",
        "",
        "How to read it: a call from another task costs two changes of thread, which dwarf the call itself; many",
        "tasks at once share them, and `PythonInterpreter.perform` makes many calls for one. Calls to Swift that",
        "Python awaits one at a time pay for the wake-up of its event loop; gathered, they share it.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=101, help="how often every row is measured (default 101)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full number of calls (default 1)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks", help="where the table is written")
    parser.add_argument("--program", help="a built redis-patterns, instead of building one")
    given = parser.parse_args()

    program = given.program or build()
    command = [program, "bench", "bridge", "--json", "--rounds", str(given.rounds), "--scale", str(given.scale)]
    load = os.getloadavg()[0]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
        sys.exit(done.returncode)
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores",
        "load": load,
        "rounds": given.rounds,
    } | json.loads(done.stdout)
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "bridge.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    (given.output / "bridge.md").write_text(table(report), "utf-8")
    print(table(report))


if __name__ == "__main__":
    main()
