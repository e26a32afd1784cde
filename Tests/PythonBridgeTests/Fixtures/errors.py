"""Functions that fail in every way."""

import asyncio
from typing import Any


def chained() -> None:
    try:
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            raise KeyError("order")  # noqa: B904
    except KeyError as error:
        raise RuntimeError("no order") from error


def grouped() -> None:
    raise ExceptionGroup("both", [ValueError("one"), OSError("two")])


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def unprintable() -> None:
    raise Mute


def surrogate() -> None:
    raise ValueError("\ud800")


async def later(value: int) -> Any:
    await asyncio.sleep(0)
    return value * 2
