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


@dataclass(frozen=True, slots=True)
class Hit(Generic[T_co]):
    """A fresh value."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Negative:
    """It is known, and fresh, that the source has nothing."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing fresh is cached."""
