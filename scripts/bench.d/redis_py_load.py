"""The load of `scripts/bench client` on redis-py.

usage: redis_py_load.py sync|pipeline|asyncio PORT COUNT TASKS COMMAND ARGS…   prints one JSON line
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time

import redis
import redis.asyncio


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def sync(port: int, count: int, command: list[str]) -> None:
    client = redis.Redis(port=port, protocol=2)
    for _ in range(count):
        client.execute_command(*command)


def pipeline(port: int, count: int, depth: int, command: list[str]) -> None:
    client = redis.Redis(port=port, protocol=2)
    for _ in range(count // depth):
        batch = client.pipeline(transaction=False)
        for _ in range(depth):
            batch.execute_command(*command)
        batch.execute()


async def concurrent(port: int, count: int, tasks: int, command: list[str]) -> None:
    client = redis.asyncio.Redis(port=port, protocol=2, max_connections=tasks)

    async def loop() -> None:
        for _ in range(count // tasks):
            await client.execute_command(*command)

    await asyncio.gather(*(loop() for _ in range(tasks)))
    await client.aclose()


def main() -> None:
    mode, port, count, tasks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    command = sys.argv[5:]
    started, used = time.perf_counter(), cpu()
    if mode == "sync":
        sync(port, count, command)
    elif mode == "pipeline":
        pipeline(port, count, tasks, command)
    else:
        asyncio.run(concurrent(port, count, tasks, command))
    print(json.dumps({"ops": count, "seconds": time.perf_counter() - started, "cpu_seconds": cpu() - used}))


if __name__ == "__main__":
    main()
