"""The calls of the semaphore as values; replies are read as the lock's. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass

from .._arguments import LARGEST, digits, token, whole
from ..keys import key
from ..script import ScriptCall, load
from .calls import (
    LONGEST_PATIENCE_US,
    Acquired,
    Held,
    Lost,
    Release,
    Renewed,
    Waiting,
    read_acquire,
    read_release,
    read_renew,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one semaphore."""

    permits: str
    fence: str
    queue: str
    waiters: str
    wake: str
    """The channel that tells a waiter of its grant; an accelerator only."""

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        permits = key("semaphore", name, namespace=namespace)
        return cls(permits, *(f"{permits}:{field}" for field in ("fence", "queue", "waiters", "wake")))

    @property
    def all(self) -> tuple[str, str, str, str]:
        return self.permits, self.fence, self.queue, self.waiters


def acquire(
    keys: Keys, *, owner: str, limit: int, ttl_us: int, weight: int = 1, patience_us: int = 0
) -> ScriptCall[Acquired | Waiting | Held]:
    """Takes `weight` of `limit` permits, or stands in the queue for `patience_us` at a time; 0 does not queue."""
    if patience_us != 0:
        whole(patience_us, "patience", 1000, LONGEST_PATIENCE_US)
    args = (
        token(owner, "owner"),
        digits(whole(weight, "weight", 1, whole(limit, "limit", 1, LARGEST))),
        digits(limit),
        digits(whole(ttl_us, "ttl", 1000)),
        digits(whole(patience_us, "patience", 0)),
        keys.wake.encode(),
        b"0",
    )
    return ScriptCall(load("semaphore_acquire"), keys.all, args, read_acquire)


def renew(keys: Keys, *, owner: str, ttl_us: int) -> ScriptCall[Renewed | Lost]:
    """Holds the permits for longer, while they are still ours."""
    args = (token(owner, "owner"), digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("semaphore_renew"), (keys.permits, keys.fence), args, read_renew)


def release(keys: Keys, *, owner: str) -> ScriptCall[Release]:
    """Gives the permits back, or leaves the queue."""
    args = (token(owner, "owner"), keys.wake.encode(), b"0")
    return ScriptCall(load("semaphore_release"), keys.all, args, read_release)
