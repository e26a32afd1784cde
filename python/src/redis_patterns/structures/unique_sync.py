# Written by scripts/unasync.py from unique_aio.py: edit that file, then run the script.
"""A unique counter for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..runner import check, run
from . import unique


class UniqueCounter:
    """About how many different items each period saw, in 12 KiB a period at most, with an error of 0.81 %.

    `periods` of length `every` are kept, by the server's clock moved by `zone`; an item seen in several counts once.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        every: Duration = 86_400.0,
        periods: int = 2,
        zone: Duration = 0.0,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._counter = unique.Unique(
            name=name,
            every_us=microseconds(every, "every"),
            periods=periods,
            zone_us=microseconds(zone, "zone"),
            namespace=namespace,
        )

    def add(self, *items: str | bytes) -> bool:
        """Counts up to 1000 items, each once a period; whether the estimate may have grown. Repeating is safe."""
        return (run(self._redis, unique.add(self._counter, items=items))).changed

    def count(self, *, last: int = 1) -> int:
        """About how many different items were seen in the last periods, the one that runs among them."""
        return (run(self._redis, unique.count(self._counter, last=last))).items
