"""The calls of the reliable queue as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import LARGEST, digits, whole
from .._arguments import token as checked_token
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load, status_of
from ._rules import DAY_US, identity
from ._rules import payload as checked

LEASE_US = 30_000_000
TTL_US = 7 * DAY_US
TRIES = 5
MOST = 100_000
GRAVES = 1000
MOST_LISTED = 1000

Verb: TypeAlias = Literal["ack", "retry", "bury"]
Settled: TypeAlias = Literal["acked", "retried", "buried", "lost"]
_SETTLED: tuple[Settled, ...] = ("acked", "retried", "buried", "lost")
Extended: TypeAlias = Literal["extended", "lost"]
_EXTENDED: tuple[Extended, ...] = ("extended", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What a queue is. `tries`: attempts after which a job is buried; `graves`: dead jobs kept."""

    name: str
    tries: int = TRIES
    most: int = MOST
    graves: int = GRAVES
    ttl_us: int = TTL_US
    namespace: str | None = None
    keys: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("tries", "most", "graves"):
            whole(getattr(self, name), name, 1, LARGEST)
        whole(self.ttl_us, "ttl", 1000)
        queue = key("queue", self.name, namespace=self.namespace)
        parts = ("jobs", "state", "leases", "later", "dead")
        object.__setattr__(self, "keys", (queue, *(f"{queue}:{part}" for part in parts)))


@dataclass(frozen=True, slots=True)
class JobPushed:
    """It waits now; `jobs` wait or are worked on."""

    jobs: int


@dataclass(frozen=True, slots=True)
class JobExists:
    """A job of this id waits or is worked on already: nothing was changed."""

    jobs: int


@dataclass(frozen=True, slots=True)
class QueueFull:
    """The queue holds as many jobs as it may: nothing was changed."""

    jobs: int


@dataclass(frozen=True, slots=True)
class Handed:
    """A job, ours until the lease ends. `attempt` counts from 1."""

    id: str
    payload: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class QueueEmpty:
    """Nothing waits. After `retry_after` a job that is out or put off may; zero when there is none."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up after so many attempts."""

    id: str
    attempts: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many jobs wait, are worked on, are put off, are dead; and the newest of the dead."""

    ready: int
    out: int
    later: int
    dead: int
    graves: tuple[DeadJob, ...]


@dataclass(frozen=True, slots=True)
class Revived:
    """So many dead jobs wait again."""

    jobs: int


def push(
    queue: Queue,
    *,
    id: str,  # noqa: A002
    payload: str | bytes = b"",
    delay_us: int = 0,
) -> ScriptCall[JobPushed | JobExists | QueueFull]:
    """Puts a job at the end, now or when its delay is over."""
    args = (
        identity(id, "id"),
        checked(payload, "payload"),
        digits(whole(delay_us, "delay", 0)),
        digits(queue.most),
        digits(queue.ttl_us),
        b"0",
    )
    return ScriptCall(load("queue_push"), queue.keys, args, _read_push)


def pop(queue: Queue, *, token: str, lease_us: int = LEASE_US) -> ScriptCall[Handed | QueueEmpty]:
    """Takes the next job. The same token again gives the same job as long as nobody else was given it."""
    args = (
        checked_token(token, "token"),
        digits(whole(lease_us, "lease", 1000)),
        digits(queue.tries),
        digits(queue.graves),
        digits(queue.ttl_us),
        b"0",
    )
    return ScriptCall(load("queue_pop"), queue.keys, args, _read_pop)


def settle(
    queue: Queue,
    *,
    id: str,  # noqa: A002
    token: str,
    verb: Verb = "ack",
    delay_us: int = 0,
) -> ScriptCall[Settled]:
    """Ends the lease of a job: done, to be tried again, or dead."""
    if verb not in ("ack", "retry", "bury"):
        raise argument_error("verb must be ack, retry or bury")
    args = (
        identity(id, "id"),
        checked_token(token, "token"),
        verb.encode(),
        digits(whole(delay_us, "delay", 0)),
        digits(queue.tries),
        digits(queue.graves),
        digits(queue.ttl_us),
        b"0",
    )
    return ScriptCall(load("queue_settle"), queue.keys, args, _read_settle)


def extend(
    queue: Queue,
    *,
    id: str,  # noqa: A002
    token: str,
    lease_us: int = LEASE_US,
) -> ScriptCall[Extended]:
    """Holds the job for longer, while it is still ours."""
    args = (
        identity(id, "id"),
        checked_token(token, "token"),
        digits(whole(lease_us, "lease", 1000)),
        digits(queue.ttl_us),
        b"0",
    )
    return ScriptCall(load("queue_extend"), queue.keys, args, _read_extend)


def look(queue: Queue, *, count: int = 10) -> ScriptCall[QueueState]:
    """Counts the jobs, and lists the newest dead ones."""
    waiting, _, _, leases, later, dead = queue.keys
    args = (digits(whole(count, "count", 0, MOST_LISTED)), b"0")
    return ScriptCall(load("queue_look"), (waiting, leases, later, dead), args, _read_look)


def revive(queue: Queue, *, count: int = 100) -> ScriptCall[Revived]:
    """Puts the oldest dead jobs into the queue again."""
    args = (digits(whole(count, "count", 1, MOST_LISTED)), digits(queue.ttl_us), b"0")
    return ScriptCall(load("queue_revive"), queue.keys, args, _read_revive)


def _read_settle(reply: Any) -> Settled:
    return status_of(reply, _SETTLED)


def _read_extend(reply: Any) -> Extended:
    return status_of(reply, _EXTENDED)


def _read_push(reply: Any) -> JobPushed | JobExists | QueueFull:
    match [reply[0].decode(), *reply[1:]]:
        case ["pushed", jobs]:
            return JobPushed(int(jobs))
        case ["exists", jobs]:
            return JobExists(int(jobs))
        case ["full", jobs]:
            return QueueFull(int(jobs))
    raise ValueError("status")


def _read_pop(reply: Any) -> Handed | QueueEmpty:
    match [reply[0].decode(), *reply[1:]]:
        case ["job", who, payload, attempt]:
            return Handed(who.decode(), bytes(payload), int(attempt))
        case ["empty", retry]:
            return QueueEmpty(timedelta(microseconds=int(retry)))
    raise ValueError("status")


def _read_look(reply: Any) -> QueueState:
    match [reply[0].decode(), *reply[1:]]:
        case ["looked", ready, out, later, dead, *words]:
            graves = zip(words[::3], words[1::3], words[2::3], strict=True)
            listed = tuple(DeadJob(who.decode(), int(attempts), bytes(payload)) for who, attempts, payload in graves)
            return QueueState(int(ready), int(out), int(later), int(dead), listed)
    raise ValueError("status")


def _read_revive(reply: Any) -> Revived:
    match [reply[0].decode(), *reply[1:]]:
        case ["revived", jobs]:
            return Revived(int(jobs))
    raise ValueError("status")
