"""Functions that fail in every way."""

import asyncio
import builtins
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
    group = vars(builtins)["ExceptionGroup"]  # since 3.11
    raise group("both", [ValueError("one"), OSError("two")])


class MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def unprintable() -> None:
    raise MuteError


def surrogate() -> None:
    raise ValueError("\ud800")


async def later(value: int) -> Any:
    await asyncio.sleep(0)
    return value * 2
