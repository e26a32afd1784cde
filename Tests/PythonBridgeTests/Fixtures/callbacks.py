"""Python code that calls Swift."""

import asyncio
import threading
import time
from typing import Any

from _redis_patterns_bridge import SwiftError, acall, call


def forward(name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    return call(name, *arguments, **keywords)


def failure(name: str, argument: Any = 0) -> list[str]:
    try:
        call(name, argument)
    except Exception as error:
        kind = getattr(error, "type", "")
        return [type(error).__name__, kind, str(error), str(isinstance(error, SwiftError))]
    return []


def timed(function: str, *args: Any) -> list[Any]:
    start = time.monotonic()
    result = globals()[function](*args)
    return [result, time.monotonic() - start]


def unconvertible(name: str) -> str:
    try:
        call(name, [object()])
    except TypeError as error:
        return str(error)
    return ""


async def gather(name: str, count: int) -> list[Any]:
    return await asyncio.gather(*(acall(name, index) for index in range(count)))


async def awaited_failure(name: str) -> list[str]:
    try:
        await acall(name, 0)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return []


async def timeout(name: str, seconds: float) -> str:
    try:
        await asyncio.wait_for(acall(name), seconds)
    except (TimeoutError, asyncio.TimeoutError):
        return "timed out"
    return "done"


async def abandoned(name: str) -> str:
    """The loop ends while the Swift function still runs."""
    task = asyncio.ensure_future(acall(name))
    await asyncio.sleep(0)
    del task
    return "left"


def threads(name: str, count: int) -> list[Any]:
    results: list[Any] = []
    workers = [threading.Thread(target=lambda: results.append(call(name, 1))) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results
