"""How threads are woken, also by a signal handler."""

from __future__ import annotations

import queue


class Flag:
    """Raised once. A signal handler may raise it, whatever the thread that it interrupts is doing with it.

    `threading.Event` cannot do that: its lock is not reentrant, and the interrupted thread may hold it.
    """

    def __init__(self) -> None:
        self._raised = False
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()

    def is_set(self) -> bool:
        return self._raised

    def set(self) -> None:
        self._raised = True
        self._news.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        if not self._raised and _came(self._news, timeout):
            self._news.put(None)  # for whoever waits beside us
        return self._raised


class Bell:
    """Rung any number of times, by signal handlers too; one listener waits for it."""

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        if self._rings.empty():
            self._rings.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it rang since the last time."""
        rang = _came(self._rings, timeout)
        while rang and _came(self._rings, 0):
            pass  # two may have rung at once
        return rang


def _came(news: queue.SimpleQueue[None], timeout: float | None) -> bool:
    try:
        news.get(timeout=None if timeout is None else max(timeout, 0))
    except queue.Empty:
        return False
    return True
