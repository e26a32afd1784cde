"""Many calls at once, for asyncio. `_many_sync.py` offers the same with threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ._clock import LateError

T = TypeVar("T")


async def each(works: Sequence[Callable[[], Coroutine[Any, Any, T]]], within: float) -> list[T | Exception]:
    """Runs all at once; the results in order. What has not ended `within` seconds is cut off, and a `LateError`."""
    tasks = [asyncio.create_task(work()) for work in works]
    try:
        await asyncio.wait(tasks, timeout=within)
    finally:
        for task in tasks:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            task.cancel()  # does nothing to one that has ended
    return [_result(task) for task in tasks]


def _result(task: asyncio.Task[T]) -> T | Exception:
    if not task.done() or task.cancelled():
        return LateError()
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    return error
