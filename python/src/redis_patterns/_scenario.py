"""Plays the shared vectors: operations as `Tests/Conformance/README.md` names them, in virtual time.

`run(ctx)` plays the steps of one scenario for some of its actors; the other language plays the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from .caching import calls as caching
from .caching.entry import Entry
from .errors import CacheError, LockError, RedisError, argument_error
from .locks import calls as locks
from .rate_limiting import calls as rate_limiting
from .runner import connect
from .runner import run as run_call
from .script import ScriptCall

Json = Any
_MICROSECOND = timedelta(microseconds=1)


def build(operation: str, given: Mapping[str, Json]) -> ScriptCall[Any]:
    """The call of an operation. Raises `RedisError` (`ARGUMENT`)."""
    pattern, _, verb = operation.partition(".")
    make = _OPERATIONS[pattern]
    return make(verb, {name: _bytes(value) if name == "payload" else value for name, value in given.items()})


def outcome(result: Any) -> dict[str, Json]:
    """A typed result in the words of the vectors."""
    match result:
        case rate_limiting.Decision(status, tier, retry, tiers):
            return {"status": status, "tier": tier, "retry_after_us": _us(retry), "tiers": _tiers(tiers)}
        case rate_limiting.Refund("refunded", units, tiers):
            return {"status": "refunded", "units": units, "tiers": _tiers(tiers)}
        case rate_limiting.Refund():
            return {"status": "unknown"}
        case locks.Acquired(fence):
            return {"status": "acquired", "fence": str(fence)}
        case locks.Renewed(fence):
            return {"status": "renewed", "fence": str(fence)}
        case locks.Lost():
            return {"status": "lost"}
        case locks.Waiting(position, retry):
            return {"status": "waiting", "position": position, "retry_after_us": _us(retry)}
        case locks.Held(retry):
            return {"status": "held", "retry_after_us": _us(retry)}
        case caching.Found(entry):
            return {"status": "hit", **_entry(entry)}
        case caching.Win(entry):
            return {"status": "win", **_entry(entry)}
        case caching.Holdoff(entry):
            return {"status": "holdoff", **_entry(entry)}
        case caching.Busy(retry, entry):
            return {"status": "busy", "retry_after_us": _us(retry), **_entry(entry)}
        case caching.Failed(retry, entry):
            return {"status": "failed", "retry_after_us": _us(retry), **_entry(entry)}
        case int():
            return {"status": "deleted", "entries": result}
    return {"status": result}


def failure(error: RedisError | LockError | CacheError) -> dict[str, Json]:
    """A typed error in the words of the vectors."""
    return {"error": str(error.code.value if isinstance(error, RedisError) else error.code)}


def run(ctx: Mapping[str, Json]) -> dict[str, Json]:
    """Plays a scenario's steps one after another and returns `{"outcomes": [...]}`, in the order of the steps played.

    `ctx`: `url` of the server; `scenario`: the case of a vector file; `actors` to play (default all); `from` and `to`,
    the steps to play (default all); `namespace` (default none).
    """
    scenario = ctx["scenario"]
    actors = ctx.get("actors")
    steps = scenario["steps"][ctx.get("from", 0) : ctx.get("to")]
    client = connect(ctx["url"])
    try:
        outcomes = [
            _play(client, step, scenario["start_us"], ctx.get("namespace"))
            for step in steps
            if actors is None or step.get("by") in actors
        ]
    finally:
        client.close()
    return {"outcomes": outcomes}


def _play(client: Any, step: Mapping[str, Json], start_us: int, namespace: str | None) -> dict[str, Json]:
    if "server" in step:
        client.execute_command(*step["server"])
        return {}
    given = dict(step.get("given", {}))
    if namespace is not None:
        given.setdefault("namespace", namespace)
    try:
        return outcome(run_call(client, build(step["operation"], given).at(start_us + step["at_us"])))
    except RedisError as error:
        return failure(error)


def _bucket(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    tiers = [
        rate_limiting.Limit(tier["name"], tier["limit"], tier["per_us"], tier["burst"]) for tier in given.pop("tiers")
    ]
    make: Callable[..., ScriptCall[Any]] = getattr(rate_limiting, verb)
    return make(given.pop("id"), tiers, **given)


def _lock(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(locks, verb)
    return make(locks.Keys.of(given.pop("name"), namespace=given.pop("namespace", None)), **given)


def _cache(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    make: Callable[..., ScriptCall[Any]] = getattr(caching, verb)
    keys = caching.Keys.of(given.pop("key"), namespace=given.pop("namespace", None))
    if verb == "fill":
        given["payload"] = given.get("payload", b"")
        version = given.get("version", "0")
        if not version.isascii() or not version.isdigit():
            raise argument_error("version must be a decimal string")
        given["version"] = int(version)
    return make(keys, **given)


_OPERATIONS: dict[str, Callable[[str, dict[str, Json]], ScriptCall[Any]]] = {
    "bucket": _bucket,
    "lock": _lock,
    "cache": _cache,
}


def _bytes(value: Json) -> bytes:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else str(value).encode()


def text_or_hex(value: bytes) -> Json:
    """Bytes as they stand in a vector: text where they are text, else `{"hex": ...}`."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"hex": value.hex()}
    return text if text.isprintable() else {"hex": value.hex()}


def _us(duration: timedelta) -> int:
    return duration // _MICROSECOND


def _tiers(tiers: tuple[rate_limiting.TierState, ...]) -> Json:
    return [{"name": tier.name, "remaining": tier.remaining, "reset_after_us": _us(tier.reset_after)} for tier in tiers]


def _entry(entry: Entry | None) -> dict[str, Json]:
    if entry is None:
        return {}
    words = asdict(entry)
    words["version"] = str(entry.version)
    words["grace_us"] = words.pop("grace_ms") * 1000
    words["load_us"] = words.pop("load_ms") * 1000
    words["payload"] = text_or_hex(entry.payload)
    return {"entry": words}
