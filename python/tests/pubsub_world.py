"""Counts what a reader of numbered messages got, was told to have missed, and missed without a word."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import redis

from redis_patterns import TEXT, Gap, Message, Publisher


@dataclass
class Account:
    """The events of one channel against the numbers that were published, from 1 on."""

    last: int = 0
    """The number up to which each message was given or told as missed."""
    open_end: bool = False
    """A gap of unknown size was the last event."""
    given: int = 0
    missed: int = 0
    gaps: int = 0
    unknown_gaps: int = 0
    silent: int = 0
    """Missing, and no gap says so; or out of order."""
    invented: int = 0
    """Told as missed, and then given."""

    def take(self, event: Any) -> None:
        match event:
            case Gap(missed=None):
                self.unknown_gaps += 1
                self.open_end = True
            case Gap(missed=int(missed)):
                self.gaps += 1
                self.missed += missed
                self.last += missed
            case Message(sequence=sequence):
                self._given(sequence)
            case int():
                self._given(event)

    def _given(self, sequence: int) -> None:
        self.given += 1
        if not self.open_end:
            self.silent += max(sequence - self.last - 1, 0)
            self.invented += max(self.last + 1 - sequence, 0)
        self.open_end = False
        self.last = sequence

    @property
    def violations(self) -> int:
        return self.silent + self.invented


@dataclass
class Load:
    """Publishes without a pause until it is told to stop; the value is the number."""

    client: redis.Redis
    channel: str
    namespace: str
    published: int = 0
    failed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        publisher = Publisher(self.client, self.channel, codec=TEXT, namespace=self.namespace)
        while not self._stop.wait(0.001):
            try:
                self.published = publisher.publish("x").sequence
            except Exception:  # the server is away; whether it ran does not matter, the number says it
                self.failed += 1
