"""`scripts/bench patterns`: what each operation costs the server: its time, commands and bytes.

The time is the server's own (`INFO commandstats`), without the network and without the client; the calls come one after
another from the Python package on a unix socket. Bytes are `MEMORY USAGE` of the keys that are left.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import redis_patterns as patterns

ROOT = Path(__file__).resolve().parents[2]
Operation = Callable[[int], object]


@contextmanager
def server() -> Iterator[redis.Redis]:
    """A redis-server of our own on a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="rp-"))
    command = ["redis-server", "--port", "0", "--unixsocket", str(folder / "s"), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while not (folder / "s").exists():
            if time.monotonic() > deadline:
                raise SystemExit("redis-server did not start")
            time.sleep(0.01)
        yield patterns.connect(f"unix://{folder / 's'}")
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def script_cost(client: redis.Redis, count: int, operation: Operation) -> dict[str, float]:
    """Server time and script calls per operation."""
    operation(0)  # the scripts are loaded now
    client.config_resetstat()
    for at in range(count):
        operation(at)
    stats: dict[str, Any] = client.info("commandstats")
    calls = [stats[f"cmdstat_{name}"] for name in ("evalsha", "get", "pttl") if f"cmdstat_{name}" in stats]
    scripts = stats.get("cmdstat_evalsha", {"calls": 0, "usec": 0})
    usec = scripts["usec"] if scripts["calls"] else sum(call["usec"] for call in calls)
    return {"scripts": scripts["calls"] / count, "server_us": usec / count}


def memory(client: redis.Redis, pattern: str) -> dict[str, int]:
    return {key.decode(): client.memory_usage(key) for key in sorted(client.scan_iter(pattern))}


def rate_limiting(client: redis.Redis, count: int) -> Iterator[tuple[str, dict[str, float], int]]:
    one = patterns.Limit.token_bucket(1_000_000, per=1.0)
    three = [
        patterns.Limit.token_bucket(1_000_000, per=per, name=name)
        for name, per in (("second", 1), ("minute", 60), ("hour", 3600))
    ]
    full = patterns.Limit.token_bucket(1, per=86400.0)
    rows: list[tuple[str, Operation, str]] = [
        ("take, 1 tier, allowed", lambda _: patterns.RateLimiter(client, one).take("a"), "bucket:{a}"),
        ("take, 3 tiers, allowed", lambda _: patterns.RateLimiter(client, three).take("b"), "bucket:{b}"),
        ("take, 1 tier, denied", lambda _: patterns.RateLimiter(client, full).take("c"), "bucket:{c}"),
        (
            "take, 1 tier, with a request id",
            lambda at: patterns.RateLimiter(client, one).take("d", request=f"r{at}"),
            "bucket:{d}:request:r1",
        ),
    ]
    for what, operation, key in rows:
        cost = script_cost(client, count, operation)
        operation(1)
        yield what, cost, client.memory_usage(key) or 0


def locks(client: redis.Redis, count: int) -> Iterator[tuple[str, dict[str, float], int]]:
    lock = patterns.Lock(client, "a", ttl=30.0)

    def once(_: int) -> None:
        got = lock.try_acquire()
        assert isinstance(got, patterns.Lease)
        got.release()

    yield (
        "take and release, nobody waits",
        script_cost(client, count, once),
        memory(client, "lock:{a}:fence")["lock:{a}:fence"],
    )
    held = patterns.Lock(client, "b", ttl=600.0).try_acquire()
    assert isinstance(held, patterns.Lease)
    yield "renew", script_cost(client, count, lambda _: held.renew()), sum(memory(client, "lock:{b}*").values())
    other = patterns.Lock(client, "b", ttl=30.0)
    yield "ask for a held lock", script_cost(client, count, lambda _: other.try_acquire()), 0


def caching(client: redis.Redis, count: int) -> Iterator[tuple[str, dict[str, float], int]]:
    cache = patterns.Cache(client, codec=patterns.BYTES, ttl=600.0)
    value = b"x" * 300

    def miss(at: int) -> None:
        cache.get_or_load(f"m{at}", lambda: value)

    yield "miss, load of 300 bytes, fill", script_cost(client, count, miss), client.memory_usage("cache:{m1}") or 0
    yield "hit of 300 bytes", script_cost(client, count, lambda _: cache.get_or_load("m1", lambda: value)), 0
    yield "delete", script_cost(client, count, lambda at: cache.delete(f"m{at}")), 0


def sessions(client: redis.Redis, count: int) -> Iterator[tuple[str, dict[str, float], int]]:
    store = patterns.Sessions(client, idle=600.0)
    data = {f"field{number}": "x" * 50 for number in range(6)}

    def begin(at: int) -> patterns.Session:
        created = store.create(f"user{at}", data)
        assert isinstance(created, patterns.Session)
        return created

    kept: list[patterns.Session] = []
    cost = script_cost(client, count, lambda at: kept.append(begin(at)))
    tag = kept[0].id.tag
    yield "create, 6 fields of 50 bytes", cost, sum(memory(client, f"session:{{{tag}}}*").values())
    yield "load", script_cost(client, count, lambda at: store.load(kept[at % len(kept)].id)), 0
    yield "change one field", script_cost(client, count, lambda at: store.update(kept[0].id, {"field1": f"{at}"})), 0
    yield "rotate", script_cost(client, count, lambda at: store.rotate(kept[at % len(kept)].id)), 0
    yield "revoke all of one", script_cost(client, count, lambda at: store.revoke_all(f"user{at}")), 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="calls per row (default 20000)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks", help="where the table is written")
    given = parser.parse_args()

    report: dict[str, Any] = {}
    with server() as client:
        report["date"] = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        report["redis"] = client.info("server")["redis_version"]
        report["machine"] = f"{platform.machine()}, {platform.system()}"
        report["load"] = round(os.getloadavg()[0], 1)
        report["calls"] = given.count
        report["patterns"] = {}
        for measure in (rate_limiting, locks, caching, sessions):
            client.flushall()
            report["patterns"][measure.__name__] = [
                {"operation": what, "bytes": size} | {name: round(part, 2) for name, part in cost.items()}
                for what, cost, size in measure(client, given.count)
            ]
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "patterns.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    (given.output / "patterns.md").write_text(table(report), "utf-8")
    print(table(report))


def table(report: dict[str, Any]) -> str:
    lines = [
        "# What the patterns cost the server",
        "",
        f"Measured on {report['date']} with `scripts/bench patterns`: redis-server {report['redis']}, "
        f"{report['machine']}, {report['calls']:,} calls a row, one after another, at a load of {report['load']}.",
        "Time is the server's own for the scripts (for a hit, which runs none, for its two commands).",
    ]
    for name, rows in report["patterns"].items():
        lines += ["", f"## {name}", "", f"<!-- --8<-- [start:{name}] -->"]
        lines += ["| operation | scripts run | server time, µs | bytes kept |", "|---|---:|---:|---:|"]
        for row in rows:
            size = row["bytes"] or ""
            lines.append(f"| {row['operation']} | {row['scripts']:g} | {row['server_us']:.1f} | {size} |")
        lines += [
            "",
            f"{report['date']}, redis-server {report['redis']}, {report['machine']}, load {report['load']}; remade by "
            "`scripts/bench patterns`.",
            f"<!-- --8<-- [end:{name}] -->",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
