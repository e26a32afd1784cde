"""One operation of a pattern, as `scripts/bench patterns` measures it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

Client = redis.Redis
Step = Callable[[int], object]


@dataclass(frozen=True)
class Operation:
    """`make` prepares on an empty database and gives the step that is measured; it gets 0, 1, 2…"""

    pattern: str
    name: str
    make: Callable[[Client], Step]
    #: What one object keeps: the keys to add up after three steps.
    keys: str = ""
    #: Fills the object for its memory, where three steps do not.
    filled: Callable[[Client], object] | None = None
    #: The usual form of the same, for its memory; it writes what `naive_keys` names.
    naive: Callable[[Client], object] | None = None


VALUE = b"x" * 300


def plain(command: str, *words: Any) -> Callable[[Client], object]:
    return lambda client: client.execute_command(command, "naive", *words)
