"""The calls of one Redlock node as values, and what the votes of all mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import digits, token, whole
from ..errors import RedisError
from ..keys import key
from ..script import ScriptCall, load, status_of
from .calls import Held

Renewal: TypeAlias = Literal["renewed", "lost"]
Release: TypeAlias = Literal["released", "lost"]
_RENEWAL: tuple[Renewal, ...] = ("renewed", "lost")
_RELEASE: tuple[Release, ...] = ("released", "lost")


@dataclass(frozen=True, slots=True)
class VoteGranted:
    """The node's vote is ours."""


@dataclass(frozen=True, slots=True)
class VoteAbstained:
    """The node restarted too lately to know its votes; it votes again after `retry_after`."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class VoteFailed:
    """The node could not be asked, or did not answer in time."""

    error: RedisError


Vote: TypeAlias = VoteGranted | Held | VoteAbstained | VoteFailed


@dataclass(frozen=True, slots=True)
class RedlockRefusal:
    """No majority: the vote of each node, in the order of the nodes.

    `reason`: `held` when others hold it or share the votes, `unavailable` when too few nodes could vote, `late` when
    the majority came after too much of the lease had passed.
    """

    reason: Literal["held", "unavailable", "late"]
    votes: tuple[Vote, ...]

    @classmethod
    def by(cls, votes: Sequence[Vote]) -> RedlockRefusal:
        granted = sum(isinstance(vote, VoteGranted) for vote in votes)
        voting = sum(isinstance(vote, (VoteGranted, Held)) for vote in votes)
        most = len(votes) // 2 + 1
        return cls("late" if granted >= most else "held" if voting >= most else "unavailable", tuple(votes))

    def __str__(self) -> str:
        said = Counter(_said(vote) for vote in self.votes)
        return f"{self.reason} ({', '.join(f'{count} {what}' for what, count in sorted(said.items()))})"


def _said(vote: Vote) -> str:
    match vote:
        case VoteGranted():
            return "granted"
        case Held():
            return "held"
        case VoteAbstained():
            return "abstained"
        case VoteFailed(error):
            return error.code.value


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of one Redlock, the same on every node."""

    vote: str

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        return cls(key("redlock", name, namespace=namespace))


def acquire(
    keys: Keys, *, owner: str, ttl_us: int, longest_us: int, uptime_us: int = 0
) -> ScriptCall[VoteGranted | Held | VoteAbstained]:
    """Asks for the node's vote. `longest_us`: the longest ttl that anybody uses. `uptime_us`: 0 for the node's own."""
    args = (
        token(owner, "owner"),
        digits(whole(ttl_us, "ttl", 1000, whole(longest_us, "longest ttl", 1000))),
        digits(longest_us),
        digits(whole(uptime_us, "uptime", 0)),
        b"0",
    )
    return ScriptCall(load("redlock_acquire"), (keys.vote,), args, _read_acquire)


def renew(keys: Keys, *, owner: str, ttl_us: int) -> ScriptCall[Renewal]:
    """Keeps the vote for longer, while it is still ours."""
    args = (token(owner, "owner"), digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("redlock_renew"), (keys.vote,), args, lambda reply: status_of(reply, _RENEWAL))


def release(keys: Keys, *, owner: str) -> ScriptCall[Release]:
    """Takes the vote back."""
    args = (token(owner, "owner"), b"0")
    return ScriptCall(load("redlock_release"), (keys.vote,), args, lambda reply: status_of(reply, _RELEASE))


def _read_acquire(reply: Any) -> VoteGranted | Held | VoteAbstained:
    match [reply[0].decode(), *reply[1:]]:
        case ["granted"]:
            return VoteGranted()
        case ["held", retry]:
            return Held(timedelta(microseconds=int(retry)))
        case ["abstained", retry]:
            return VoteAbstained(timedelta(microseconds=int(retry)))
    raise ValueError("status")
