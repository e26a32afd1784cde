"""`scripts/bench patterns`: what each operation costs: beside its bare scripts and in bytes.

Beside the bare scripts: the operation as a caller writes it, and the very same commands (recorded) sent by hand, on the
same server, in turns of 25 calls; one caller, one call after another, on a unix socket. The ratio is that of the median
turns, and of those the median of the rounds. The server's time is its own (`INFO commandstats`). Bytes are
`MEMORY USAGE` of what one object keeps, beside what the usual form keeps.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import redis_patterns as patterns
from operation import Client, Operation, Step
from pattern_operations import OPERATIONS
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis_patterns.script import scripts

ROOT = Path(__file__).resolve().parents[2]
MOST = {"swift": 1.15, "python": 1 / 0.95}
"""Times a call, as multiples of the bare scripts'."""
PORTION = 25
"""Calls until it is the other's turn; as in Swift's part."""


Trip = list[tuple[Any, ...]]
"""The commands of one round trip."""


class Recording(redis.Redis):
    """Keeps what it sends."""

    sent: list[Trip]

    def execute_command(self, *words: Any, **options: Any) -> Any:
        self.sent.append([words])
        return super().execute_command(*words, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> redis.client.Pipeline:
        made = RecordingPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.sent = self.sent
        return made


class RecordingPipeline(redis.client.Pipeline):
    sent: list[Trip]

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        self.sent.append([words for words, _ in self.command_stack])
        return super().execute(raise_on_error)


def pin(core: int) -> None:
    """This process, and what it starts: else the system's choice of cores is most of what is measured."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextmanager
def server() -> Iterator[str]:
    """A redis-server of our own on a unix socket; its URL."""
    folder = Path(tempfile.mkdtemp(prefix="rp-"))
    command = ["redis-server", "--port", "0", "--unixsocket", str(folder / "s"), "--save", "", "--dir", str(folder)]
    pin(1)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    pin(0)
    try:
        deadline = time.monotonic() + 15
        while not (folder / "s").exists():
            if time.monotonic() > deadline:
                raise SystemExit("redis-server did not start")
            time.sleep(0.01)
        yield f"unix://{folder / 's'}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def fresh(client: Client) -> None:
    client.flushall()
    for script in scripts().values():
        client.script_load(script.source)


def timed(step: Step, numbers: range) -> float:
    """Microseconds a call."""
    begun = time.perf_counter()
    for at in numbers:
        step(at)
    return (time.perf_counter() - begun) / len(numbers) * 1e6


def by_hand(client: Client, sent: list[Trip]) -> float:
    """Microseconds to send these again, each as redis-py's own users would."""
    begun = time.perf_counter()
    for trip in sent:
        if len(trip) > 1:
            pipeline = client.pipeline(transaction=False)
            for words in trip:
                pipeline.execute_command(*words)
            pipeline.execute()
        elif trip[0][0] == "EVALSHA":
            client.evalsha(*trip[0][1:])
        else:
            client.execute_command(*trip[0])
    return (time.perf_counter() - begun) * 1e6


def in_python(url: str, operation: Operation, count: int) -> tuple[float, float]:
    """One round: microseconds a call by the API, and by hand, in turns on a database each."""
    client, plain = patterns.connect(url), patterns.connect(f"{url}?db=1")
    fresh(client)
    timed(operation.make(client), range(min(count, 50)))
    recording = Recording.from_url(url, retry=Retry(NoBackoff(), 0), protocol=2)
    fresh(client)
    recording.sent = sent = []
    step = operation.make(recording)
    marks = [len(sent)]
    for at in range(count):
        step(at)
        marks.append(len(sent))
    recording.close()
    fresh(client)
    by_hand(plain, sent[: marks[0]])
    step = operation.make(client)
    found = in_turns(
        count,
        lambda part: timed(step, part),
        lambda part: by_hand(plain, sent[marks[part.start] : marks[part.stop]]) / len(part),
    )
    client.close()
    plain.close()
    return found


def in_turns(count: int, api: Callable[[range], float], bare: Callable[[range], float]) -> tuple[float, float]:
    """The median portion of each; who begins changes, so that neither has the better place."""
    times: dict[Callable[[range], float], list[float]] = {api: [], bare: []}
    for number, part in enumerate(portions(count)):
        for each in (api, bare) if number % 2 else (bare, api):
            times[each].append(each(part))
    return statistics.median(times[api]), statistics.median(times[bare])


def portions(count: int) -> list[range]:
    return [range(at, min(at + PORTION, count)) for at in range(0, count, PORTION)]


def on_the_server(url: str, operation: Operation, count: int) -> dict[str, Any]:
    client = patterns.connect(url)
    fresh(client)
    step = operation.make(client)
    client.config_resetstat()
    for at in range(count):
        step(at)
    stats: dict[str, Any] = client.info("commandstats")
    ours = {name: part for name, part in stats.items() if name not in ("cmdstat_info", "cmdstat_config|resetstat")}
    run = stats.get("cmdstat_evalsha", {"calls": 0, "usec": 0})
    usec = run["usec"] if run["calls"] else sum(part["usec"] for part in ours.values())
    found: dict[str, Any] = {"scripts": round(run["calls"] / count, 2), "server_us": round(usec / count, 2)}
    if operation.keys:
        fresh(client)
        if operation.filled is not None:
            operation.filled(client)
        else:
            step = operation.make(client)
            for at in range(1 if operation.pattern == "sessions" else 3):
                step(at)
        found["bytes"] = sum(client.memory_usage(key) or 0 for key in client.scan_iter(operation.keys))
    if operation.naive is not None:
        operation.naive(client)
        found["naive_bytes"] = client.memory_usage("naive")
    client.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="calls per round (default 2000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    parser.add_argument("--only", help="operations whose pattern or name holds this text; nothing is written then")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks", help="where the table is written")
    given = parser.parse_args()
    chosen = [each for each in OPERATIONS if not given.only or given.only in f"{each.pattern}: {each.name}"]
    build = ["swift", "build", "-c", "release", "--product", "redis-patterns"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)

    rows: list[dict[str, Any]] = []
    with server() as url:
        client = patterns.connect(url)
        version = client.info("server")["redis_version"]
        client.close()
        for number, operation in enumerate(chosen):
            print(f"{number + 1}/{len(chosen)} {operation.pattern}: {operation.name}", file=sys.stderr)
            rounds: dict[str, list[tuple[float, float]]] = {"swift": [], "python": []}
            for _ in range(given.rounds):
                rounds["python"].append(in_python(url, operation, given.count))
                rounds["swift"].append(in_swift(url, operation, given.count))
            row: dict[str, Any] = {"pattern": operation.pattern, "operation": operation.name}
            for language, pairs in rounds.items():
                ratios = [api / bare for api, bare in pairs]
                row[language] = {
                    "us": round(statistics.median(api for api, _ in pairs), 1),
                    "bare_us": round(statistics.median(bare for _, bare in pairs), 1),
                    "ratio": [round(part, 3) for part in (statistics.median(ratios), min(ratios), max(ratios))],
                    "most": round(MOST[language], 3),
                }
            rows.append(row | on_the_server(url, operation, given.count))
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "redis": version,
        "machine": f"{platform.machine()}, {platform.system()}",
        "load": round(os.getloadavg()[0], 1),
        "calls": given.count,
        "rounds": given.rounds,
        "operations": rows,
    }
    print(table(report))
    if not given.only:
        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / "patterns.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        (given.output / "patterns.md").write_text(table(report), "utf-8")


def in_swift(url: str, operation: Operation, count: int) -> tuple[float, float]:
    command = [str(ROOT / ".build/release/redis-patterns"), "bench", "patterns", "--url", url, "--count", str(count)]
    done = subprocess.run(
        [*command, "--operation", f"{operation.pattern}: {operation.name}"], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    return found["us"], found["bare_us"]


def table(report: dict[str, Any]) -> str:
    where = f"{report['date']}, redis-server {report['redis']}, {report['machine']}, load {report['load']}"
    lines = [
        "# What the patterns cost",
        "",
        f"Measured with `scripts/bench patterns`: {where};",
        f"{report['rounds']} rounds of {report['calls']:,} calls, one after another, in turns of {PORTION},",
        "on a unix socket; the server on one core, the callers on another.",
        "",
        "**To bare**: the time of a call as a multiple of that of the very same commands sent by hand: in Swift by",
        "`RedisClient.run`, in Python by redis-py's `evalsha`. Median of the rounds; the aim is 1.15 in Swift and",
        "1.05 (0.95 of the speed) in Python. **Server**: its own time for the scripts, or for the commands where none",
        "is run. **Bytes**: what one object keeps, and what the usual form of it keeps.",
    ]
    for name in dict.fromkeys(row["pattern"] for row in report["operations"]):
        lines += ["", f"## {name}", "", f"<!-- --8<-- [start:{name}] -->"]
        lines += ["| operation | Swift, to bare | Python, to bare | scripts | server, µs | bytes (usual form) |"]
        lines += ["|---|---:|---:|---:|---:|---:|"]
        for row in report["operations"]:
            if row["pattern"] != name:
                continue
            ratios = [
                f"{row[language]['ratio'][0]:.2f}"
                + ("" if row[language]["ratio"][0] <= row[language]["most"] else " (!)")
                for language in ("swift", "python")
            ]
            size = str(row.get("bytes") or "") + (f" ({row['naive_bytes']})" if "naive_bytes" in row else "")
            cells = [row["operation"], *ratios, f"{row['scripts']:g}", f"{row['server_us']:.1f}", size]
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", f"{where}; `scripts/bench patterns`. (!): above the aim.", f"<!-- --8<-- [end:{name}] -->"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
