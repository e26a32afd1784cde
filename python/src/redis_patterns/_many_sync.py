"""Many calls at once, with threads. `_many_aio.py` offers the same for asyncio."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from ._clock import LateError, clock

T = TypeVar("T")


def each(works: Sequence[Callable[[], T]], within: float) -> list[T | Exception]:
    """Runs all at once; the results in order. What has not ended `within` seconds goes on alone, as a `LateError`."""
    news: queue.SimpleQueue[tuple[int, T | Exception]] = queue.SimpleQueue()
    results: list[T | Exception] = [LateError() for _ in works]

    def run(at: int, work: Callable[[], T]) -> None:
        try:
            news.put((at, work()))
        except Exception as error:
            news.put((at, error))

    for at, work in enumerate(works):
        threading.Thread(target=run, args=(at, work), daemon=True).start()
    end = clock() + within
    for _ in works:
        try:
            at, result = news.get(timeout=max(end - clock(), 0))
        except queue.Empty:
            break
        results[at] = result
    return results
