"""The calls of the lock as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import digits, token, whole
from ..keys import key
from ..script import ScriptCall, load, status_of

LONGEST_PATIENCE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Acquired:
    """The lease is ours. `fence` grows with every grant; hand it to the resource, so that a late writer is refused."""

    fence: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """In the queue, at `position` (the first is 1). The present lease ends after `retry_after` if it is not renewed."""

    position: int
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else holds the lock; the present lease ends after `retry_after` if it is not renewed."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Renewed:
    fence: int


@dataclass(frozen=True, slots=True)
class Lost:
    """We hold nothing here (any more)."""


Release: TypeAlias = Literal["released", "left", "lost"]
_RELEASE: tuple[Release, ...] = ("released", "left", "lost")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one lock."""

    lock: str
    fence: str
    queue: str
    waiters: str
    wake: str
    """The channel that tells a waiter of its grant; an accelerator only."""

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        lock = key("lock", name, namespace=namespace)
        return cls(lock, *(f"{lock}:{field}" for field in ("fence", "queue", "waiters", "wake")))

    @property
    def all(self) -> tuple[str, str, str, str]:
        return self.lock, self.fence, self.queue, self.waiters


def acquire(keys: Keys, *, owner: str, ttl_us: int, patience_us: int = 0) -> ScriptCall[Acquired | Waiting | Held]:
    """Takes the lease, or stands in the queue for `patience_us` at a time; 0 does not queue."""
    if patience_us != 0:
        whole(patience_us, "patience", 1000, LONGEST_PATIENCE_US)
    args = (
        token(owner, "owner"),
        digits(whole(ttl_us, "ttl", 1000)),
        digits(whole(patience_us, "patience", 0)),
        keys.wake.encode(),
        b"0",
    )
    return ScriptCall(load("lock_acquire"), keys.all, args, read_acquire)


def renew(keys: Keys, *, owner: str, ttl_us: int) -> ScriptCall[Renewed | Lost]:
    """Holds the lease for longer, while it is still ours."""
    args = (token(owner, "owner"), digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("lock_renew"), (keys.lock, keys.fence), args, read_renew)


def release(keys: Keys, *, owner: str) -> ScriptCall[Release]:
    """Leaves the lock, as its holder or as a waiter."""
    args = (token(owner, "owner"), keys.wake.encode(), b"0")
    return ScriptCall(load("lock_release"), keys.all, args, read_release)


def read_acquire(reply: Any) -> Acquired | Waiting | Held:
    match [reply[0].decode(), *reply[1:]]:
        case ["acquired", fence]:
            return Acquired(int(fence))
        case ["waiting", position, retry]:
            return Waiting(int(position), timedelta(microseconds=int(retry)))
        case ["held", retry]:
            return Held(timedelta(microseconds=int(retry)))
    raise ValueError("status")


def read_renew(reply: Any) -> Renewed | Lost:
    match [reply[0].decode(), *reply[1:]]:
        case ["renewed", fence]:
            return Renewed(int(fence))
        case ["lost"]:
            return Lost()
    raise ValueError("status")


def read_release(reply: Any) -> Release:
    return status_of(reply, _RELEASE)
