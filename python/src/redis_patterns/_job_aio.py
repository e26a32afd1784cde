"""A work beside the others, for asyncio. `_job_sync.py` offers the same with threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Job:
    """A work that runs beside the others. It answers for its own errors."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._task = asyncio.create_task(work())
        self._task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def cancel(self) -> None:
        self._task.cancel()

    async def join(self, timeout: float) -> bool:
        """Whether it has ended within that time."""
        return bool((await asyncio.wait({self._task}, timeout=max(timeout, 0)))[0])
