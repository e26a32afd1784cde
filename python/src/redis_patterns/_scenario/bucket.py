"""`bucket.*`, `window.*`, `log.*`: the algorithms of the tiers decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..rate_limiting import Limit, calls
from ..rate_limiting.limit import Algorithm
from ..script import ScriptCall
from .words import Json, us

_PLAIN: Algorithm = "token_bucket"


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    limits = tiers(given)
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    return make(given.pop("id"), limits, **{name: value for name, value in given.items() if name != "tiers"})


def tiers(given: Mapping[str, Json]) -> list[Limit]:
    """The tiers that a vector gives."""
    return [
        Limit(
            tier["name"], tier["limit"], tier["per_us"], tier.get("burst", tier["limit"]), tier.get("algorithm", _PLAIN)
        )
        for tier in given["tiers"]
    ]


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case calls.Decision(status, tier, retry, states):
            return {"status": status, "tier": tier, "retry_after_us": us(retry), "tiers": _states(states)}
        case calls.Refund("refunded", units, states):
            return {"status": "refunded", "units": units, "tiers": _states(states)}
        case calls.Refund(status):
            return {"status": status}
    return None


def _states(states: tuple[calls.TierState, ...]) -> Json:
    return [{"name": tier.name, "remaining": tier.remaining, "reset_after_us": us(tier.reset_after)} for tier in states]
