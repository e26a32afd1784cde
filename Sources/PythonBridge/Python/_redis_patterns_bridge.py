"""The Python half of the module `_redis_patterns_bridge`; its C half runs this in the module's own namespace."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import itertools
import sys
import threading
import traceback
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    Failure = tuple[str, str, str]

    context: dict[str, Any] = {}

    def call(name: str, /, *args: Any, **kwargs: Any) -> Any: ...
    def _start(ticket: int, name: str, /, *args: Any, **kwargs: Any) -> None: ...
    def _cancel(ticket: int) -> None: ...
    def _closing() -> None: ...


__all__ = ["SwiftError", "acall", "call", "context", "publish"]

_HERE = "<redis-patterns bridge>"


class SwiftError(RuntimeError):
    """A Swift function threw. `type` is the name of the Swift error's type, `message` its text."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.type = kind
        self.message = message

    def __str__(self) -> str:
        return f"{self.type}: {self.message}"


def _error(kind: str, swift_type: str, message: str) -> Exception:
    match kind:
        case "lookup":
            return LookupError(message)
        case "type":
            return TypeError(message)
        case "cancelled":
            return SwiftError("CancellationError", message)
        case "interrupted":
            return KeyboardInterrupt()  # type: ignore[return-value]
        case _:
            return SwiftError(swift_type, message)


# asyncio ------------------------------------------------------------------------------------------------------------

_tickets = itertools.count(1)
_pending: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}


async def acall(name: str, /, *args: Any, **kwargs: Any) -> Any:
    """Calls a Swift function without blocking the event loop; cancelling the await cancels the Swift task."""
    from asyncio import CancelledError, get_running_loop  # noqa: PLC0415 - whoever awaits has paid for the import

    loop = get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    ticket = next(_tickets)
    _pending[ticket] = (loop, future)
    try:
        _start(ticket, name, *args, **kwargs)
        return await future
    except CancelledError:
        _cancel(ticket)
        raise
    finally:
        _pending.pop(ticket, None)


def _complete(results: list[tuple[int, Failure | None, Any]]) -> None:
    """Called on the bridge's own thread: hands each result to the loop that waits for it, one wake-up per loop."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[int, Failure | None, Any]]] = {}
    for result in results:
        waiting = _pending.get(result[0])
        if waiting is not None:
            loops.setdefault(waiting[0], []).append(result)
    for loop, settled in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(results: list[tuple[int, Failure | None, Any]]) -> None:
    for ticket, failure, value in results:
        waiting = _pending.get(ticket)
        if waiting is None or waiting[1].done():
            continue
        if failure is None:
            waiting[1].set_result(value)
        else:
            waiting[1].set_exception(_error(*failure))


def _await(coroutine: Any) -> Any:
    import asyncio  # noqa: PLC0415 - few calls need it, and it is slow to import

    return asyncio.run(coroutine)


# Exceptions ---------------------------------------------------------------------------------------------------------


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _name(exception: BaseException) -> str:
    kind = type(exception)
    plain = kind.__module__ in ("builtins", "__main__", "_redis_patterns_bridge")
    return kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"


def _message(exception: BaseException) -> str:
    try:
        return _printable(str(exception))
    except Exception as failure:
        return f"<str() of the exception raised {type(failure).__name__}>"


def _causes(exception: BaseException) -> Iterator[BaseException]:
    seen = {id(exception)}
    at: BaseException | None = exception
    while at is not None:
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
        if at is None or id(at) in seen:
            return
        seen.add(id(at))
        yield at


def _trim(exception: BaseException) -> None:
    """Removes this file's own frames from the top of the traceback: the user's code begins below them."""
    frames = exception.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == _HERE:
        frames = frames.tb_next
    exception.__traceback__ = frames


def _describe(exception: BaseException) -> tuple[Any, ...]:
    _trim(exception)
    try:
        lines = traceback.format_exception(type(exception), exception, exception.__traceback__)
        text = _printable("".join(lines))
    except Exception as failure:
        text = f"<formatting the traceback raised {type(failure).__name__}>\n"
    missing = exception.name if isinstance(exception, ModuleNotFoundError) else None
    causes = [(_name(cause), _message(cause)) for cause in _causes(exception)]
    return (_name(exception), _message(exception), text, _status(exception), causes, missing)


def _status(exception: BaseException) -> int:
    """The exit status that python3 would end with."""
    if isinstance(exception, KeyboardInterrupt):
        return 130
    if not isinstance(exception, SystemExit):
        return 1
    if exception.code is None:
        return 0
    if isinstance(exception.code, int):
        fits = -(2**63) <= exception.code < 2**63
        return int(exception.code) & 0xFF if fits else 0xFF
    return 1


# Results ------------------------------------------------------------------------------------------------------------

_published: list[Any] = []


def publish(value: Any) -> None:
    """Gives the Swift program a result beside stdout; the last call of a script counts."""
    _published[:] = [value]


# Start and end ------------------------------------------------------------------------------------------------------


def _builtin(function: str, /, *args: Any, **kwargs: Any) -> Any:
    """`eval` and its kind look at the frame that calls them, and a call from Swift has none."""
    if function in ("eval", "exec") and len(args) == 1:
        args = (*args, {"__name__": "__swift__"})
    return getattr(builtins, function)(*args, **kwargs)


def _prepare(paths: list[str], runs: str) -> None:
    """Makes the module that runs scripts from its source."""
    sys.path[:0] = [path for path in paths if path not in sys.path]
    module = types.ModuleType("_redis_patterns_runs")
    sys.modules[module.__name__] = module
    exec(compile(runs, _HERE, "exec", dont_inherit=True), module.__dict__)


def _shutdown() -> None:
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


atexit.register(_closing)
