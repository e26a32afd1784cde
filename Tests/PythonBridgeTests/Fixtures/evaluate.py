"""What the tests of values ask of Python."""

import collections
import datetime
import decimal
import enum
from typing import Any


class Color(enum.IntEnum):
    RED = 3


def ring() -> list[Any]:
    inner: list[Any] = [1]
    inner.append(inner)
    return [0, {"k": inner}]


def nest(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def evaluate(expression: str) -> Any:
    names = {"Color": Color, "ring": ring, "nest": nest}
    return eval(expression, {"collections": collections, "datetime": datetime, "decimal": decimal, **names})


def echo(value: Any) -> Any:
    return value


def same(value: Any, expression: str) -> bool:
    """Whether a value that came from Swift is what the expression says, type for type."""
    return repr(value) == repr(eval(expression))
