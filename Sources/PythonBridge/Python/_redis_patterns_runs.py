"""Runs scripts, modules and functions of files inside the program: the module `_redis_patterns_runs`."""

from __future__ import annotations

import builtins
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import runpy
import sys
import threading
import types
import zlib
from typing import TYPE_CHECKING, Any

import _redis_patterns_bridge as bridge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Captured(io.BytesIO):
    """Keeps what was written even when the script closes its stdout."""

    def close(self) -> None:
        pass


def report(exception: BaseException) -> int:
    """Does what python3 does with an exception that nobody caught."""
    bridge._trim(exception)
    if isinstance(exception, SystemExit):
        if exception.code is not None and not isinstance(exception.code, int):
            with contextlib.suppress(Exception):
                print(exception.code, file=sys.stderr)
    else:
        sys.excepthook(type(exception), exception, exception.__traceback__)
    return bridge._status(exception)


def join_threads(before: set[threading.Thread]) -> None:
    for thread in threading.enumerate():
        if thread not in before and not thread.daemon and thread is not threading.current_thread():
            thread.join()


@contextlib.contextmanager
def siblings(directory: str) -> Iterator[None]:
    """Lets a file import its neighbours, and forgets them afterwards: another folder may hold the same names."""
    path, modules = list(sys.path), set(sys.modules)
    sys.path.insert(0, directory)
    try:
        yield
    finally:
        sys.path[:] = path
        prefix = os.path.join(directory, "")
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(prefix) and file.endswith(".py") and "site-packages" not in file:
                sys.modules.pop(name, None)


def execute_file(path: str) -> None:
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __file__=path,
        __builtins__=builtins,
        __annotations__={},
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", path),
    )
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def guard(body: Callable[[], None]) -> tuple[int, tuple[Any, ...] | None]:
    before = set(threading.enumerate())
    try:
        try:
            body()
        finally:
            join_threads(before)
        return 0, None
    except BaseException as exception:
        status = report(exception)
        return status, None if isinstance(exception, SystemExit) else bridge._describe(exception)


open_run: list[tuple[Any, ...]] = []


def restore() -> None:
    """Gives the process its own `sys` back after a run; harmless when none is open."""
    if not open_run:
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    sys.argv, sys.stdout, sys.stderr, sys.excepthook, main, sys.path[:] = open_run[0]
    if main is not None:
        sys.modules["__main__"] = main
    bridge.context.clear()
    open_run.clear()


def run(target: str, is_module: bool, arguments: list[str], capture: bool, values: dict[str, Any]) -> tuple[Any, ...]:
    """Runs a file, or a module as `python3 -m` does: (status, stdout, stderr, published value, failure)."""
    path = target if is_module else os.path.abspath(target)
    if not is_module and not os.path.isfile(path):
        problem = "[Errno 21] Is a directory" if os.path.isdir(path) else "[Errno 2] No such file or directory"
        raise FileNotFoundError(f"can't open file '{path}': {problem}")
    restore()  # what an interruption may have left
    open_run.append((sys.argv, sys.stdout, sys.stderr, sys.excepthook, sys.modules.get("__main__"), list(sys.path)))
    streams = Captured(), Captured()
    bridge._published.clear()
    bridge.context.clear()
    bridge.context.update(values)
    sys.argv = [path, *arguments]
    if capture:
        sys.stdout = io.TextIOWrapper(streams[0], "utf-8", "surrogateescape", newline="\n", write_through=True)
        sys.stderr = io.TextIOWrapper(streams[1], "utf-8", "backslashreplace", newline="\n", write_through=True)
    try:
        with siblings(os.getcwd() if is_module else os.path.dirname(path)):
            if is_module:
                status, failure = guard(lambda: execute_module(target))
            else:
                status, failure = guard(lambda: execute_file(path))
    finally:
        restore()
    published = bridge._published.pop() if bridge._published else None
    return (status, streams[0].getvalue(), streams[1].getvalue(), published, failure)


def execute_module(name: str) -> None:
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def call_file(path: str, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Loads a file afresh, under a name of its own, and calls one of its functions."""
    path = os.path.abspath(path)
    stem = os.path.splitext(os.path.basename(path))[0]
    name = f"_redis_patterns_file_{stem}_{zlib.crc32(path.encode())}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file", name=stem, path=path)
    module = importlib.util.module_from_spec(spec)
    with siblings(os.path.dirname(path)):
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
            return getattr(module, function)(*arguments, **keywords)
        finally:
            sys.modules.pop(name, None)
