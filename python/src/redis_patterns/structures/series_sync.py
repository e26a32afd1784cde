# Written by scripts/unasync.py from series_aio.py: edit that file, then run the script.
"""A time series for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..errors import argument_error
from ..runner import check, run
from . import series
from .series import PointAdded, Points, SeriesPoint, SeriesStep, Steps


class TimeSeries:
    """Whole numbers in order of time, by the server's clock: the points of the last `keep`, at most `most`.

    Values are up to 2^38 either way; no point replaces another, also within one microsecond.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        keep: Duration,
        most: int = series.MOST,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._keep_us = microseconds(keep, "keep")
        self._most = most
        self._namespace = namespace
        series.add(name, value=0, keep_us=self._keep_us, most=most, namespace=namespace)  # checks all

    def add(self, value: int) -> PointAdded:
        """Puts a value at the end. Repeating after a lost reply may add it twice."""
        call = series.add(self._name, value=value, keep_us=self._keep_us, most=self._most, namespace=self._namespace)
        return run(self._redis, call)

    def points(self, span: Duration, *, count: int = 100) -> tuple[SeriesPoint, ...]:
        """The newest points of the last `span`, at most `count` (1 to 1000), the oldest first."""
        call = series.read(self._name, span_us=microseconds(span, "span"), count=count, namespace=self._namespace)
        found = run(self._redis, call)
        return found.points if isinstance(found, Points) else ()

    def steps(self, span: Duration, step: Duration, *, count: int = 100) -> tuple[SeriesStep, ...]:
        """Number, sum, least and most of the points of each `step` of the last `span`, the newest `count` steps."""
        step_us = microseconds(step, "step")
        if step_us < 1:
            raise argument_error("step must be at least a microsecond")
        call = series.read(
            self._name,
            span_us=microseconds(span, "span"),
            step_us=step_us,
            count=count,
            namespace=self._namespace,
        )
        found = run(self._redis, call)
        return found.steps if isinstance(found, Steps) else ()
