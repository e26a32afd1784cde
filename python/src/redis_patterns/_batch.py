"""Several scripts in one round trip: single-key calls that may lie in different Cluster slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import redis
import redis.asyncio
import redis.exceptions as theirs

from ._wire import aexchange, exchange
from .runner import _read, arun, heeding_cancellation, run, translate
from .script import ScriptCall

R = TypeVar("R")


def run_all(client: redis.Redis, calls: Sequence[ScriptCall[R]]) -> list[R]:
    """Runs scripts in one round trip, those that the server does not know in one more each; the results in order.

    The first that fails raises; the others have run all the same.
    """
    try:
        replies = exchange(client, [call.evalsha for call in calls])
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, "EVALSHA")
    else:
        known = [not isinstance(reply, theirs.NoScriptError) for reply in replies]
        return [
            _read(call, _checked(reply, client)) if is_known else run(client, call)
            for call, reply, is_known in zip(calls, replies, known, strict=True)
        ]
    raise failure


async def arun_all(client: redis.asyncio.Redis, calls: Sequence[ScriptCall[R]]) -> list[R]:
    """The asyncio twin of `run_all`."""
    try:
        replies = await heeding_cancellation(aexchange(client, [call.evalsha for call in calls]))
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, "EVALSHA")
    else:
        return [
            await arun(client, call)
            if isinstance(reply, theirs.NoScriptError)
            else _read(call, _checked(reply, client))
            for call, reply in zip(calls, replies, strict=True)
        ]
    raise failure


def _checked(reply: Any, client: Any) -> Any:
    if isinstance(reply, theirs.RedisError):
        raise translate(reply, client, "EVALSHA") from None
    return reply
