"""Plays the shared vectors: operations as `Tests/Conformance/<pattern>/README.md` names them, in virtual time.

`run(ctx)` plays the steps of one scenario for some of its actors; the other language plays the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._connect import connect
from ..errors import CacheError, LockError, RedisError
from ..runner import run as run_call
from ..script import ScriptCall
from . import bucket, cache, channel, doctor, fenced, lock, redlock, semaphore, session, stream, structures
from .words import Json, text_or_hex, to_bytes

__all__ = ["build", "failure", "outcome", "perform", "run", "text_or_hex"]

# By the first word of an operation's name: given → call.
_BUILD: dict[str, Callable[[str, dict[str, Json]], ScriptCall[Any]]] = {
    "bucket": bucket.build,
    "cache": cache.build,
    "fenced": fenced.build,
    "channel": channel.build,
    "lock": lock.build,
    "redlock": redlock.build,
    "log": bucket.build,
    "window": bucket.build,
    **structures.BUILD,
    "semaphore": semaphore.build,
    "session": session.build,
    "stream": stream.build,
}
# Typed result → the words of the vectors; None where it is not of that family.
_OUTCOMES: list[Callable[[Any], dict[str, Json] | None]] = [
    bucket.outcome,
    cache.outcome,
    fenced.outcome,
    channel.outcome,
    lock.outcome,
    redlock.outcome,
    structures.outcome,
    session.outcome,
    stream.outcome,
]


def build(operation: str, given: Mapping[str, Json]) -> ScriptCall[Any]:
    """The call of an operation. Raises `RedisError` (`ARGUMENT`)."""
    family, _, verb = operation.partition(".")
    return _BUILD[family](
        verb, {name: to_bytes(value) if name == "payload" else value for name, value in given.items()}
    )


def outcome(result: Any) -> dict[str, Json]:
    """A typed result in the words of the vectors."""
    for say in _OUTCOMES:
        words = say(result)
        if words is not None:
            return words
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
    return perform(client, step["operation"], given, start_us + step["at_us"])


def perform(client: Any, operation: str, given: dict[str, Json], now_us: int) -> dict[str, Json]:
    """The outcome of one operation, or its error."""
    try:
        if operation == "doctor.examine":
            return doctor.examine(client, given)
        return outcome(run_call(client, build(operation, given).at(now_us)))
    except RedisError as error:
        return failure(error)
