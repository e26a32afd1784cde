"""A work beside the others, with threads. `_job_aio.py` offers the same for asyncio."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Job:
    """A work that runs beside the others, in a thread, which nothing interrupts. It answers for its own errors."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="redis-patterns-job", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        pass

    def join(self, timeout: float) -> bool:
        """Whether it has ended within that time."""
        self._thread.join(max(timeout, 0))
        return not self._thread.is_alive()
