"""Commands that may be refused one by one: a server that forbids some of them still answers the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio
import redis.exceptions as theirs

from ._wire import Words, aexchange, exchange
from .errors import Code, RedisError
from .runner import heeding_cancellation, translate


def ask(client: redis.Redis, commands: Sequence[Words]) -> list[Any]:
    """Sends commands in one round trip; in the place of a reply that the server refused stands its `RedisError`.

    Raises `RedisError` when the server cannot be asked at all: no connection, no login, or it is still loading.
    """
    try:
        replies = exchange(client, commands)
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, str(commands[0][0]))
    else:
        return _answers(client, commands, replies)
    raise failure


async def aask(client: redis.asyncio.Redis, commands: Sequence[Words]) -> list[Any]:
    """The asyncio twin of `ask`."""
    try:
        replies = await heeding_cancellation(aexchange(client, commands))
    except (theirs.RedisError, OSError) as error:
        failure = translate(error, client, str(commands[0][0]))
    else:
        return _answers(client, commands, replies)
    raise failure


def _answers(client: Any, commands: Sequence[Words], replies: list[Any]) -> list[Any]:
    found = [
        translate(reply, client, str(command[0])) if isinstance(reply, Exception) else reply
        for command, reply in zip(commands, replies, strict=True)
    ]
    for reply in found:
        if isinstance(reply, RedisError) and reply.code in (Code.AUTH, Code.LOADING):
            raise reply
    return found
