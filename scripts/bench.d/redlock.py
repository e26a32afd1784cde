"""`scripts/bench redlock`: what a Redlock costs beside the lock: taking it and giving it back, in Python.

Five servers of our own on unix sockets of this machine: a network's round trips come on top. All forms take turns of
25, one caller, one after another; the rows with silent nodes come last. Times are the medians of all calls, and beside
them the 99th percentiles; the ratio to the lock depends on other work less than the times do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import inspect
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import redis_patterns
import redis_patterns.aio

ROOT = Path(__file__).resolve().parents[2]
TURN = 25
TTL = 2.0
"""So a silent node is waited for a tenth of a second, and one that was just started votes after two."""
FACES = {"sync": redis_patterns, "asyncio": redis_patterns.aio}
LOCK = "the lock, 1 server"


@contextlib.contextmanager
def servers(count: int) -> Iterator[list[tuple[str, subprocess.Popen[bytes]]]]:
    """Each with its URL, up for long enough to vote."""
    folder = Path(tempfile.mkdtemp(prefix="rp-"))
    found: list[tuple[str, subprocess.Popen[bytes]]] = []
    try:
        for number in range(count):
            path = folder / str(number)
            command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
            found.append((f"unix://{path}", subprocess.Popen(command, stdout=subprocess.DEVNULL)))
        deadline = time.monotonic() + 30
        for url, _ in found:
            while uptime(url) < TTL + 2:
                if time.monotonic() > deadline:
                    raise SystemExit("redis-server did not start")
                time.sleep(0.1)
        yield found
    finally:
        for _, process in found:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait()
        shutil.rmtree(folder)


def uptime(url: str) -> int:
    """In seconds; -1 while nobody listens."""
    if not Path(url.removeprefix("unix://")).exists():
        return -1
    with redis_patterns.connect(url) as client:
        return int(client.info("server")["uptime_in_seconds"])


def locks(face: Any, urls: list[str], form: str) -> Any:
    """The lock of a row. Its clients end with the process."""
    if form == LOCK:
        return face.Lock(face.connect(urls[0]), "l", ttl=TTL)
    nodes = urls[:3] if "3 servers" in form else urls[:5]
    if "not there" in form:
        nodes = nodes[:3] + [f"{url}-gone" for url in nodes[3:]]
    return face.Redlock([face.connect(url) for url in nodes], "r", ttl=TTL, longest_ttl=TTL)


async def settle(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def once(lock: Any) -> tuple[float, float]:
    """Microseconds to take, and to give back."""
    begun = time.perf_counter()
    lease = await settle(lock.try_acquire())
    taken = time.perf_counter()
    if isinstance(lease, (redis_patterns.RedlockRefusal, redis_patterns.Held)):
        raise SystemExit(f"not granted: {lease}; is the machine busy with other work?")
    await settle(lease.release())
    return (taken - begun) * 1e6, (time.perf_counter() - taken) * 1e6


def calls_of(url: str) -> int:
    """How often the server was asked to run a script."""
    with redis_patterns.connect(url) as client:
        stats: dict[str, Any] = client.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


async def measure(face: Any, urls: list[str], forms: list[str], count: int) -> list[dict[str, Any]]:
    made = {form: locks(face, urls, form) for form in forms}
    seen: dict[str, list[tuple[float, float]]] = {form: [] for form in forms}
    calls = dict.fromkeys(forms, 0)
    for lock in made.values():
        await once(lock)
    for turn in range(count // TURN):
        for form in forms if turn % 2 else reversed(forms):
            before = calls_of(urls[0])
            seen[form] += [await once(made[form]) for _ in range(TURN)]
            calls[form] += calls_of(urls[0]) - before
    return [
        {"form": form, "count": len(seen[form]), "calls_to_a_node": calls[form] / len(seen[form])}
        | {verb: figures([pair[at] for pair in seen[form]]) for at, verb in enumerate(("take", "give_back"))}
        for form in forms
    ]


def figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"us": round(statistics.median(ordered), 1), "p99_us": round(ordered[len(ordered) * 99 // 100], 1)}


def run(body: Callable[[], Awaitable[list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    async def main() -> list[dict[str, Any]]:
        return await body()

    return asyncio.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="calls of each form (default 1000)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks", help="where the table is written")
    given = parser.parse_args()
    alike = [LOCK, "Redlock, 3 servers", "Redlock, 5 servers", "Redlock, 5 servers, 2 of them not there"]
    silent = ["Redlock, 5 servers, 2 of them silent"]
    rows = []
    with servers(5) as found:
        urls = [url for url, _ in found]
        with redis_patterns.connect(urls[0]) as client:
            version = client.info("server")["redis_version"]
        load = round(os.getloadavg()[0], 1)
        for name, face in FACES.items():
            rows += [{"face": name} | row for row in run(lambda face=face: measure(face, urls, alike, given.count))]
        for _, process in found[3:]:
            process.send_signal(signal.SIGSTOP)
        for name, face in FACES.items():
            rows += [{"face": name} | row for row in run(lambda face=face: measure(face, urls, silent, TURN))]
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "made_by": "scripts/bench redlock",
        "redis": version,
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} processors",
        "load": load,
        "node_timeout_ms": TTL / 20 * 1000,
        "rows": rows,
    }
    print(table(report))
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "redlock.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    (given.output / "redlock.md").write_text(table(report), "utf-8")


def both(row: dict[str, Any]) -> float:
    return float(row["take"]["us"] + row["give_back"]["us"])


def table(report: dict[str, Any]) -> str:
    where = f"{report['date']}, redis-server {report['redis']}, {report['machine']}, load {report['load']}"
    alone = {row["face"]: both(row) for row in report["rows"] if row["form"] == LOCK}
    lines = [
        "# What a Redlock costs",
        "",
        f"Measured with `scripts/bench redlock`: {where}; in Python, by one",
        f"caller, one after another, all forms in turns of {TURN}, on unix sockets of one machine. A network's round",
        "trips come on top: one to take and one to give back, for the nodes are asked at the same time. Here they",
        "share the processors, so five servers look dearer than on five machines. Swift was not measured.",
        "",
        "<!-- --8<-- [start:table] -->",
        "| Python | form | times | scripts a node | take, µs (p99) | give back, µs (p99) | to the lock |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in sorted(report["rows"], key=lambda row: [*FACES].index(row["face"])):
        cells = [f"{row[verb]['us']:,.0f} ({row[verb]['p99_us']:,.0f})" for verb in ("take", "give_back")]
        counts = [f"{row['count']:,}", f"{row['calls_to_a_node']:g}"]
        ratio = "" if "silent" in row["form"] else f"{both(row) / alone[row['face']]:.1f}"
        lines.append("| " + " | ".join([row["face"], row["form"], *counts, *cells, ratio]) + " |")
    lines += [
        "",
        f"{where}; remade by `scripts/bench redlock`.",
        f"A silent node is waited for its time, here {report['node_timeout_ms']:.0f} ms, to take and to give back.",
        "<!-- --8<-- [end:table] -->",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
