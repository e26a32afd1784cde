"""The calls of the unique counter as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._arguments import digits, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load
from ._rules import DAY_US, HOUR_US
from ._rules import payload as checked

MOST_PERIODS = 62
MOST_ITEMS = 1000
FURTHEST_ZONE_US = 14 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """What a unique counter is: `periods` of `every_us` are kept; `zone_us` is added to the clock before."""

    name: str
    every_us: int = DAY_US
    periods: int = 2
    zone_us: int = 0
    namespace: str | None = None
    keys: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whole(self.every_us, "every", 1000)
        whole(self.periods, "periods", 1, MOST_PERIODS)
        whole(self.zone_us, "zone", -FURTHEST_ZONE_US, FURTHEST_ZONE_US)
        whole(self.every_us * self.periods, "every times periods", 1000)
        stem = key("unique", self.name, namespace=self.namespace)
        object.__setattr__(self, "keys", (stem, *(f"{stem}:seen:{slot}" for slot in range(self.periods))))


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether the estimate may have grown."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """About so many different items; the standard error is 0.81 %."""

    items: int


def add(counter: Unique, *, items: Sequence[str | bytes]) -> ScriptCall[Seen]:
    """Counts items, each once a period."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise argument_error(f"there must be 1 to {MOST_ITEMS} items")
    args = (
        digits(counter.every_us),
        digits(counter.zone_us),
        *(checked(item, "item") for item in items),
        b"0",
    )
    return ScriptCall(load("unique_add"), counter.keys, args, _read_add)


def count(counter: Unique, *, last: int = 1) -> ScriptCall[Estimate]:
    """How many different items the last periods saw, the one that runs among them."""
    args = (digits(counter.every_us), digits(counter.zone_us), digits(whole(last, "last", 1, counter.periods)), b"0")
    return ScriptCall(load("unique_count"), counter.keys, args, _read_count)


def _read_add(reply: Any) -> Seen:
    match [reply[0].decode(), *reply[1:]]:
        case ["counted", changed]:
            return Seen(bool(int(changed)))
    raise ValueError("status")


def _read_count(reply: Any) -> Estimate:
    match [reply[0].decode(), *reply[1:]]:
        case ["unique", items]:
            return Estimate(int(items))
    raise ValueError("status")
