"""The calls of a limit as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, get_args

from .._arguments import LARGEST, digits, whole
from ..errors import RedisError, argument_error
from ..keys import key
from ..script import ScriptCall, load
from .limit import Limit

Status = Literal["allowed", "denied", "impossible"]

REPLAY_US = 60_000_000
_MOST_TIERS = 8
_STATUSES = frozenset(get_args(Status))
_KINDS = {"fixed_window": b"first", "aligned_window": b"aligned", "sliding_window": b"sliding"}


@dataclass(frozen=True, slots=True)
class TierState:
    """`remaining`: units that may still be taken now. `reset_after`: until nothing is owed any more."""

    name: str
    remaining: int
    reset_after: timedelta


@dataclass(frozen=True, slots=True)
class Decision:
    """What the limiter decided. `tier` is the binding one. Waiting `retry_after` is enough when nobody else takes.

    `impossible`: the cost is larger than the tier's burst or limit; waiting does not help.
    """

    status: Status
    tier: str
    retry_after: timedelta
    tiers: tuple[TierState, ...]

    @property
    def allowed(self) -> bool:
        return self.status == "allowed"

    @property
    def remaining(self) -> int:
        """Whole units left in the binding tier."""
        return next((each.remaining for each in self.tiers if each.name == self.tier), 0)


@dataclass(frozen=True, slots=True)
class Refund:
    """`refunded`: `units` were given back (by this call or by an earlier one for the same request): to a token bucket,
    what of them had not drained since.

    `passed`: what it was charged to is gone, or the server's clock was set back since, so that its units cannot be told
    from others': nothing was given back. A token bucket never says so. `unknown`: there is no record of the request
    (any more).
    """

    status: Literal["refunded", "passed", "unknown"]
    units: int
    tiers: tuple[TierState, ...]


def take(
    identity: str,
    tiers: Sequence[Limit],
    *,
    cost: int = 1,
    request: str | None = None,
    replay_us: int = REPLAY_US,
    namespace: str | None = None,
) -> ScriptCall[Decision]:
    """Charges `cost` to every tier, or to none."""
    return _decide("take", identity, tiers, whole(cost, "cost", 1, LARGEST), request, replay_us, namespace)


def peek(
    identity: str, tiers: Sequence[Limit], *, cost: int = 1, replay_us: int = REPLAY_US, namespace: str | None = None
) -> ScriptCall[Decision]:
    """What `take` would answer now; writes nothing."""
    return _decide("peek", identity, tiers, whole(cost, "cost", 0, LARGEST), None, replay_us, namespace)


def refund(identity: str, tiers: Sequence[Limit], *, request: str, namespace: str | None = None) -> ScriptCall[Refund]:
    """Gives back what one request was charged, once."""
    form = _form(tuple(tiers))
    keys = (
        key(form.entity, identity, namespace=namespace),
        key(form.entity, identity, "request", request, namespace=namespace),
    )

    def read(reply: Any) -> Refund:
        status = reply[0].decode()
        if status in ("passed", "unknown"):
            return Refund(status, 0, ())
        if status != "refunded":
            raise ValueError(status)
        return Refund("refunded", int(reply[1]), _states(form.names, reply[2:]))

    return ScriptCall(load(f"{form.family}_refund"), keys, (*form.words, b"0"), read)


def _decide(
    mode: str,
    identity: str,
    tiers: Sequence[Limit],
    cost: int,
    request: str | None,
    replay_us: int,
    namespace: str | None,
) -> ScriptCall[Decision]:
    form = _form(tuple(tiers))
    keys = [key(form.entity, identity, namespace=namespace)]
    if request is not None:
        keys.append(key(form.entity, identity, "request", request, namespace=namespace))
    replay = digits(whole(replay_us, "replay", 1000))
    args = (mode.encode(), digits(cost), replay, *form.words, b"0")

    def read(reply: Any) -> Decision:
        status: Status = reply[0].decode()
        if reply[0] == b"other_tiers":
            raise _other_tiers(request, int(reply[1]), form.names)
        if status not in _STATUSES or not 1 <= int(reply[1]) <= len(form.names):
            raise ValueError(status)
        wait = timedelta(0, 0, int(reply[2]))
        return Decision(status, form.names[int(reply[1]) - 1], wait, _states(form.names, reply[3:]))

    return ScriptCall(load(f"{form.family}_take"), tuple(keys), args, read)


@dataclass(frozen=True, slots=True)
class _Form:
    # How a limit stands on the wire: the scripts' first word, the key's, and the words for the limit in every call.
    family: str
    entity: str
    names: tuple[str, ...]
    words: tuple[bytes, ...]


@lru_cache(maxsize=1024)
def _form(tiers: tuple[Limit, ...]) -> _Form:
    names = tuple(tier.name for tier in tiers)
    if not 1 <= len(names) <= _MOST_TIERS:
        raise argument_error(f"there must be 1 to {_MOST_TIERS} tiers, not {len(names)}")
    if len(set(names)) != len(names):
        raise argument_error("the names of the tiers must differ")
    algorithms = {tier.algorithm for tier in tiers}
    words = [digits(len(tiers))]
    if algorithms == {"token_bucket"}:
        for tier in tiers:
            words += tier.name.encode(), digits(tier.ticks), digits(tier.rate), digits(tier.burst)
        return _Form("bucket", "bucket", names, tuple(words))
    if algorithms <= _KINDS.keys():
        for tier in tiers:
            words += tier.name.encode(), _KINDS[tier.algorithm], digits(tier.limit), digits(tier.per_us)
        return _Form("window", "ratelimit", names, tuple(words))
    if len(tiers) == 1:
        return _Form("log", "ratelog", names, (digits(tiers[0].limit), digits(tiers[0].per_us)))
    raise argument_error("only token buckets, or only windows, are charged together; a sliding log stands alone")


def _other_tiers(request: str | None, then: int, names: tuple[str, ...]) -> RedisError:
    return argument_error(f"request {request} was charged to another number of tiers before: {then}, not {len(names)}")


def _states(names: tuple[str, ...], words: list[Any]) -> tuple[TierState, ...]:
    if len(words) != 2 * len(names):
        raise ValueError("another number of tiers")
    if len(names) == 1:  # nearly always
        return (TierState(names[0], int(words[0]), timedelta(0, 0, int(words[1]))),)
    pairs = zip(names, words[::2], words[1::2], strict=True)
    return tuple(TierState(name, int(left), timedelta(0, 0, int(reset))) for name, left, reset in pairs)
