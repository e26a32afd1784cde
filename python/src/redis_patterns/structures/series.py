"""The calls of the time series as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._arguments import digits, whole
from ..keys import key
from ..script import ScriptCall, load

LARGEST_VALUE = 1 << 38
"""Ten thousand of them still sum up exactly."""
MOST = 10_000
MOST_READ = 1000


@dataclass(frozen=True, slots=True)
class PointAdded:
    """When it was added, in microseconds since 1970 by the server's clock; so many points are kept now."""

    at_us: int
    points: int


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A value, and when it was added in microseconds since 1970."""

    at_us: int
    value: int


@dataclass(frozen=True, slots=True)
class Points:
    """The oldest first."""

    points: tuple[SeriesPoint, ...]


@dataclass(frozen=True, slots=True)
class SeriesStep:
    """What the points of one step of time come to; it begins at `begins_us`."""

    begins_us: int
    points: int
    sum: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Steps:
    """The oldest first; a step without a point is left out."""

    steps: tuple[SeriesStep, ...]


def add(
    name: str, *, value: int, keep_us: int, most: int = MOST, namespace: str | None = None
) -> ScriptCall[PointAdded]:
    """Puts a value at the end, and lets the oldest points go."""
    args = (
        digits(whole(value, "value", -LARGEST_VALUE, LARGEST_VALUE)),
        digits(whole(keep_us, "keep", 1000)),
        digits(whole(most, "most", 1, MOST)),
        b"0",
    )
    return ScriptCall(load("series_add"), (key("series", name, namespace=namespace),), args, _read_add)


def read(
    name: str, *, span_us: int, step_us: int = 0, count: int = 100, namespace: str | None = None
) -> ScriptCall[Points | Steps]:
    """The newest points of the last `span`, or with a step what they come to in each."""
    args = (
        digits(whole(span_us, "span", 1)),
        digits(whole(step_us, "step", 0)),
        digits(whole(count, "count", 1, MOST_READ)),
        b"0",
    )
    return ScriptCall(load("series_read"), (key("series", name, namespace=namespace),), args, _read_read)


def _read_add(reply: Any) -> PointAdded:
    match [reply[0].decode(), *reply[1:]]:
        case ["added", at, points]:
            return PointAdded(int(at), int(points))
    raise ValueError("status")


def _read_read(reply: Any) -> Points | Steps:
    match [reply[0].decode(), *reply[1:]]:
        case ["points", *words]:
            pairs = zip(words[::2], words[1::2], strict=True)
            return Points(tuple(SeriesPoint(int(at), int(value)) for at, value in pairs))
        case ["steps", *words]:
            groups = zip(*(words[at::5] for at in range(5)), strict=True)
            return Steps(tuple(SeriesStep(*(int(word) for word in group)) for group in groups))
    raise ValueError("status")
