"""The doctor for asyncio."""

from __future__ import annotations

from collections.abc import Iterable

import redis.asyncio

from .._arguments import Duration, microseconds, texts, whole
from .._asking import aask
from .._clock import clock
from ..errors import argument_error
from ..runner import check
from .calls import Bounds, Examination
from .checklist import load
from .judge import judge
from .report import Report


class Doctor:
    """Judges a live server by the checklist for production; it sends only commands that read.

    `max_keys`: how many keys are looked at, at most. `max_time`: when no further page of keys is asked for, a timedelta
    or seconds. `items`: the ids of the items to judge, default all. `subscribers`: names of connections (CLIENT
    SETNAME) that must be subscribed now.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        *,
        max_keys: int | None = None,
        max_time: Duration | None = None,
        items: Iterable[str] = (),
        subscribers: Iterable[str] = (),
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=True)
        bounds = load().bounds
        self._redis = redis
        self._keys = whole(bounds["keys"] if max_keys is None else max_keys, "max_keys", 1, 10_000_000)
        time_us = bounds["time_ms"] * 1000 if max_time is None else microseconds(max_time, "max_time")
        self._time_ms = whole(time_us, "max_time", 1000) // 1000
        self._items = texts(items, "items")
        self._subscribers = texts(subscribers, "subscribers")
        known = [entry.id for entry in load().items]
        for item in self._items:
            if item not in known:
                raise argument_error(f"no item is called {item}: there are {', '.join(known)}")

    async def examine(self) -> Report:
        """Looks once, and judges. Raises `RedisError` when the server cannot be reached or refuses the login.

        A single command that the server refuses is no error: what rests on it becomes `unknown`.
        """
        started = clock()
        examination = Examination(Bounds(keys=self._keys, time_ms=self._time_ms))
        asking = examination.run()
        batch = next(asking)
        while True:
            replies = await aask(self._redis, batch)
            try:
                batch = asking.send(replies)
            except StopIteration as done:
                facts = done.value
                break
        spent = examination.spent
        cost = {
            "commands": sum(spent.commands.values()),
            "round_trips": spent.round_trips,
            "elapsed_ms": int((clock() - started) * 1000),
        }
        return judge(facts, only=self._items, expected=self._subscribers, commands=spent.commands, cost=cost)
