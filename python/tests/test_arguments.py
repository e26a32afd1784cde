"""A wrong argument is a typed error before anything is sent, in every public operation of both faces."""

from __future__ import annotations

import array
import asyncio
import collections
import collections.abc
import contextlib
import datetime
import decimal
import enum
import fractions
import inspect
import math
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
import redis

import redis_patterns
import redis_patterns.aio
from conftest import Server
from operations import Operation, operations
from redis_patterns import CacheError, Code, LockError, RedisError

SURROGATE = "\ud800"
BAD: list[Any] = [None, object(), len, types.SimpleNamespace, datetime.timedelta.max, datetime.timedelta(days=-1)]
BAD += [math.nan, math.inf, -math.inf, 1e305, 1.5, -1, 0, True, 2**53, 2**64, 10**400, -(10**5000)]
BAD += ["", "text", SURROGATE, "nul\0", "x" * 2**20, b"", b"nul\0", b"\xff", [None], [SURROGATE], ["ok", 5]]
BAD += [{"a": None}, {5: "a"}, {SURROGATE: "a"}, {"a": SURROGATE}]


class Four(enum.IntEnum):
    """A number for `int` and for type checkers."""

    FOUR = 4


class Half(float):
    """As the 64-bit numbers of numpy are."""


class Number:
    """As the whole numbers of numpy are: no `int`, though it can be turned into one."""

    def __index__(self) -> int:
        return 4

    def __float__(self) -> float:
        return 4.0


BAD += [Four.FOUR, Half(0.5), Number(), decimal.Decimal(4), fractions.Fraction(4), bytearray(b"x"), memoryview(b"x")]
BAD += [collections.deque(["x"]), array.array("b", b"x")]
TRUTHS = ("previous", "move", "always", "allow_retries")
"""Flags are taken by their truth, as everywhere in Python."""
PRESENTED = ("identity", "replacing")
"""What a client presented may be anything: what cannot be an id is answered without asking the server."""


def fits(value: Any, hint: Any) -> bool:
    """Whether a type checker would let the value pass."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, typing.TypeVar):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if origin is typing.Literal:
        return isinstance(value, str) and value in inner
    if origin is collections.abc.Callable:
        return callable(value)
    if origin is collections.abc.Mapping:
        return isinstance(value, dict) and all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items())
    if origin in (collections.abc.Iterable, collections.abc.Sequence, collections.abc.Collection):
        if isinstance(value, str):
            return fits("", inner[0])
        return isinstance(value, (list, tuple, dict, collections.deque)) and all(fits(one, inner[0]) for one in value)
    if hint in (None, type(None)):
        return value is None
    kind = origin or hint
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, redis_patterns.Codec) if getattr(kind, "_is_protocol", False) else isinstance(value, kind)


@dataclass(frozen=True)
class Variant:
    """All arguments of an operation, the one called `name` made `value`; `right`: that is of its type all the same."""

    name: str
    value: Any
    right: bool
    made: dict[str, Any]
    given: dict[str, Any]

    def __str__(self) -> str:
        with contextlib.suppress(ValueError):
            return f"{self.name}={repr(self.value)[:60]}"
        return f"{self.name}=(too long a number to be written)"


def variants(operation: Operation, face: Any) -> list[Variant]:
    """One argument made wrong at a time; those of a wrong type first, of which nothing may be sent."""
    found = []
    of = getattr(face, operation.of)
    for place in ("made", "given"):
        function = of.__init__ if place == "made" else getattr(of, operation.verb or "__init__")
        arguments = getattr(operation, place)
        hints = typing.get_type_hints(function)
        names = [name for name in inspect.signature(function).parameters if name not in ("self", "redis", *TRUTHS)]
        assert operation.verb is None or place == "made" or {n.lstrip("*") for n in arguments} <= set(names)
        for name in arguments if operation.verb is None or place == "given" else ():
            for value in BAD:
                changed = {**arguments, name: (value,) if name.startswith("*") else value}
                both = {"made": operation.made, "given": operation.given, place: changed}
                right = name in PRESENTED or fits(value, hints[name.lstrip("*")])
                if not right or may_work(operation, name, value):
                    found.append(Variant(name, value, right, both["made"], both["given"]))
    return sorted(found, key=lambda variant: variant.right)


def perform(operation: Operation, face: Any, client: Any, variant: Variant) -> Any:
    of, made, given = getattr(face, operation.of), variant.made, variant.given
    first = {"nodes": [client] * 3} if operation.of == "Redlock" else {"redis": client}
    target = of if operation.of == "Limit" else of(**first, **made)
    if operation.verb is None:
        return None
    free = next((value for name, value in given.items() if name.startswith("*")), ())
    named = {name: value for name, value in given.items() if not name.startswith("*")}
    if free:
        return getattr(target, operation.verb)(*named.values(), *free)
    return getattr(target, operation.verb)(**named)


def may_work(operation: Operation, name: str, value: Any) -> bool:
    """Whether it may be tried: a pop that may wait for ever would, for the queue is empty."""
    if name in ("loader", "writer"):
        return False  # what a callable does of its own is its own error
    return operation.works and not (operation.verb == "pop" and name == "wait" and value not in (0, -1))


def refused(error: BaseException | None) -> bool:
    """Whether this is how a wrong argument is told."""
    match error:
        case RedisError(code=Code.ARGUMENT) | CacheError(code=CacheError.CODEC):
            return True
    return False


def fault(error: BaseException | None, right: bool) -> str | None:
    """What is wrong about an outcome, in words."""
    match error:
        case None:
            return None if right else "was accepted"
        case _ if refused(error):
            return None if len(str(error)) < 2000 else "has an endless message"
        case LockError() | CacheError():
            return None if right else f"raised {error!r}"
    return f"raised {type(error).__name__}: {str(error)[:200]}"


class Log:
    """What came of each variant. What refuses an argument must have sent nothing: the server's counter says so."""

    def __init__(self, watch: redis.Redis) -> None:
        self._watch = watch
        self._faults: list[str] = []
        self._wrong = True
        self._before = self._commands()

    @contextlib.contextmanager
    def of(self, variant: Variant) -> Iterator[None]:
        if variant.right and self._wrong:
            self._end_of_wrong()
        error = None
        try:
            yield
        except Exception as caught:
            error = caught
        said = fault(error, variant.right)
        if variant.right and self._sent() and refused(error):
            said = f"sent something, then said {error}"
        if said is not None:
            self._faults.append(f"{variant} {said}")

    def close(self) -> None:
        if self._wrong:
            self._end_of_wrong()
        assert not self._faults, "\n".join(self._faults)

    def _end_of_wrong(self) -> None:
        self._wrong = False
        if self._sent() and not self._faults:
            self._faults.append("something was sent before an argument of a wrong type was refused")

    def _sent(self) -> int:
        now = self._commands()
        sent, self._before = now - self._before - 2, now
        return sent

    def _commands(self) -> int:
        """So many commands until now, in an empty database."""
        pipeline = self._watch.pipeline(transaction=False)
        pipeline.flushall()
        pipeline.info("stats")
        return int(pipeline.execute()[1]["total_commands_processed"])


Counted: TypeAlias = tuple[Server, redis.Redis]


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    """A server that only these tests use, and a client that watches it."""
    server = Server()
    client = server.client()
    redis_patterns.preload(client)
    yield server, client
    client.close()
    server.stop()


TABLE = list(operations(asynchronous=False))
TABLE_AIO = list(operations(asynchronous=True))


def test_no_operation_is_left_out() -> None:
    """The table names every public method of every class that talks to a server."""
    tried = {(operation.of, operation.verb) for operation in TABLE}
    without_arguments = {"examine", "close", "stop"}
    handed_out = ("Lease", "Job")  # nobody makes these but an operation
    for name in redis_patterns.__all__:
        of = getattr(redis_patterns, name)
        if not inspect.isclass(of) or "redis" not in inspect.signature(of.__init__).parameters:
            continue
        if name.endswith(handed_out):
            continue
        verbs = {verb for verb, _ in inspect.getmembers(of, inspect.isfunction) if not verb.startswith("_")}
        assert {(name, verb) for verb in verbs - without_arguments} <= tried | {("SharedFlag", "read")}


@pytest.mark.parametrize("operation", TABLE, ids=str)
def test_a_wrong_argument_is_typed_and_nothing_is_sent(operation: Operation, counted: Counted) -> None:
    server, watch = counted
    with redis_patterns.connect(server.url) as client:
        client.ping()
        log = Log(watch)
        for variant in variants(operation, redis_patterns):
            with log.of(variant):
                perform(operation, redis_patterns, client, variant)
        log.close()


@pytest.mark.parametrize("operation", TABLE_AIO, ids=str)
def test_a_wrong_argument_is_typed_and_nothing_is_sent_aio(operation: Operation, counted: Counted) -> None:
    async def body() -> None:
        server, watch = counted
        async with redis_patterns.aio.connect(server.url) as client:
            await client.ping()
            log = Log(watch)
            for variant in variants(operation, redis_patterns.aio):
                with log.of(variant):
                    result = perform(operation, redis_patterns.aio, client, variant)
                    if inspect.isawaitable(result):
                        await result
            log.close()

    asyncio.run(body())
