"""What a cache answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
"""The source has nothing under this key: a loader returns it, and it is cached for `negative_ttl`."""


@dataclass(frozen=True)  # with slots, Hit[str](...) is a TypeError in Python 3.11
class Hit(Generic[T_co]):
    """A fresh value."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Negative:
    """It is known, and fresh, that the source has nothing."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing fresh is cached."""


@dataclass(frozen=True)  # with slots, Versioned[str](...) is a TypeError in Python 3.11
class Versioned(Generic[T_co]):
    """A value and the source's version of it: what is older never replaces what is newer.

    `version`: 0 to 2^64 - 1, and grows with every change of the row; 0 where the source has none.
    """

    value: T_co | Absent
    version: int = 0
