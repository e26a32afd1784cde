"""`scripts/bench doctor`: what a look at a million keys costs, and how long other clients waited meanwhile.

Fills a server of its own with 10^6 keys, among them a set of 500,000 members, and runs both doctors in turn (the Swift
program as it was built last). A client of another process sends PING all the time, with and without a doctor; the
server's own slow log says how long the longest command ran. Exit 1 when a look took more than a second, or a
command of it more than 20 ms.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import redis_patterns

ROOT = Path(__file__).resolve().parents[2]
MOST_MS = 1000
MOST_STALL_MS = 20

PINGER = """
import sys, time, redis
client = redis.Redis(unix_socket_path=sys.argv[1])
client.ping()
print("ready", flush=True)
waits, end = [], time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    start = time.perf_counter()
    client.ping()
    waits.append(time.perf_counter() - start)
    time.sleep(0.0005)
waits.sort()
print(len(waits), round(waits[len(waits) * 99 // 100] * 1e6), round(waits[-1] * 1e6))
"""


@contextmanager
def server() -> Iterator[str]:
    """A redis-server of our own; the path of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="rp-"))
    path = folder / "s"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--enable-debug-command", "yes", "--slowlog-max-len", "1024"], stdout=subprocess.DEVNULL
    )
    try:
        client, deadline = redis_patterns.connect(f"unix://{path}"), time.monotonic() + 15
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise SystemExit("redis-server did not start") from None
                time.sleep(0.01)
        yield str(path)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def fill(client: redis.Redis, keys: int) -> None:
    """Nine tenths without an end, one tenth with; and one collection that no command may read as a whole."""
    populate: Any = client.execute_command
    populate("DEBUG", "POPULATE", keys * 9 // 10 - 1, "user", 64)
    for start in range(0, keys // 10, 10_000):
        batch = client.pipeline(transaction=False)
        for number in range(start, min(start + 10_000, keys // 10)):
            batch.set(f"page:{number}", "x" * 64, ex=3600)
        batch.execute()
    for start in range(0, 500_000, 50_000):
        client.sadd("tags:all", *range(start, start + 50_000))


class Pinger:
    """PINGs from another process for some seconds."""

    def __init__(self, path: str, seconds: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PINGER, path, str(seconds)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._out = self._process.stdout
        self._out.readline()

    def waits(self) -> dict[str, int]:
        count, p99, most = (int(word) for word in self._out.readline().split())
        self._process.wait()
        return {"pings": count, "p99_us": p99, "max_us": most}


def look(name: str, command: list[str], path: str, client: redis.Redis, rounds: int) -> dict[str, Any]:
    """Runs a doctor several times while another client waits for its PINGs."""
    client.config_set("slowlog-log-slower-than", 50)
    runs: list[dict[str, Any]] = []
    environment = {**os.environ, "REDIS_URL": f"unix://{path}"}
    for _ in range(rounds):
        client.slowlog_reset()
        pinger = Pinger(path, 4)
        before = processor_ms()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        processor = processor_ms() - before
        waits = pinger.waits()
        if done.returncode not in (0, 1, 2):
            raise SystemExit(done.stderr)
        report = json.loads(done.stdout)
        slow = [(int(entry["duration"]), entry["command"]) for entry in client.slowlog_get(1024)]
        took, command_line = max(slow, default=(50, b"none above 50 us"))
        runs.append(
            {
                **report["cost"],
                "sampled": report["sample"]["sampled"],
                "processor_ms": processor,
                "longest_command_us": took,
                "longest_command": command_line.split(b" ")[0].decode(),
                **waits,
            }
        )
    return {"name": name, "runs": runs}


def processor_ms() -> int:
    """What ended children have computed; the pinger has not ended then."""
    times = os.times()
    return round((times.children_user + times.children_system) * 1000)


def table(report: dict[str, Any]) -> str:
    lines = [
        "# What the doctor costs a server of a million keys",
        "",
        f"Measured on {report['date']} with `scripts/bench doctor`: redis-server {report['redis']}, "
        f"{report['machine']}, {report['keys']:,} keys (one a set of 500,000 members), Swift as a {report['build']} "
        f"build, at a load of {report['load']:.1f}. Each look in its own process; the median and, in brackets, the "
        f"worst of {report['rounds']}.",
        "",
        "<!-- --8<-- [start:table] -->",
        "| | keys looked at | commands | round trips | look, ms | processor, ms | longest command, µs | PING p99, µs "
        "| PING max, µs |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    quiet = report["quiet"]
    lines.append(f"| no doctor |  |  |  |  |  |  | {quiet['p99_us']:,} | {quiet['max_us']:,} |")
    for row in report["rows"]:
        runs = row["runs"]
        both = [spread(runs, name) for name in ("elapsed_ms", "processor_ms", "longest_command_us", "p99_us", "max_us")]
        first = runs[0]
        cells = [row["name"], *(f"{first[name]:,}" for name in ("sampled", "commands", "round_trips")), *both]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"{report['date']}, redis-server {report['redis']}, {report['machine']}, load {report['load']:.1f}; remade by "
        "`scripts/bench doctor`.",
        "<!-- --8<-- [end:table] -->",
        "",
        "The longest command is the server's own figure (SLOWLOG). Where other work runs too, it holds the time that",
        "the server itself waited for a processor, as a PING does: compare the row without a doctor. The processor's",
        "time is that of the doctor's whole process; it depends on other work less than the time of the look does.",
    ]
    return "\n".join(lines) + "\n"


def spread(runs: list[dict[str, Any]], name: str) -> str:
    values = sorted(run[name] for run in runs)
    return f"{values[len(values) // 2]:,} ({values[-1]:,})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks")
    given = parser.parse_args()

    builds = [build for build in ("release", "debug") if (ROOT / f".build/{build}/redis-patterns").exists()]
    if not builds:
        raise SystemExit("build it first: swift build --product redis-patterns")
    commands = {
        "Swift": [str(ROOT / f".build/{builds[0]}/redis-patterns"), "doctor", "--json"],
        "Python": [sys.executable, "-m", "redis_patterns", "doctor", "--json"],
    }
    with server() as path:
        client = redis_patterns.connect(f"unix://{path}", timeout=60.0)
        fill(client, given.keys)
        load = os.getloadavg()[0]
        quiet = Pinger(path, 4).waits()
        rows = [look(name, command, path, client, given.rounds) for name, command in commands.items()]
        version = client.info("server")["redis_version"]
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} processors",
        "redis": version,
        "build": builds[0],
        "load": load,
        "keys": given.keys,
        "rounds": given.rounds,
        "quiet": quiet,
        "rows": rows,
    }
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "doctor.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    text = table(report)
    (given.output / "doctor.md").write_text(text, "utf-8")
    print(text)
    runs = [run for row in rows for run in row["runs"]]
    if any(run["elapsed_ms"] > MOST_MS or run["longest_command_us"] > MOST_STALL_MS * 1000 for run in runs):
        sys.exit(1)


if __name__ == "__main__":
    main()
