"""Lua scripts as the server knows them, and calls of them as values. Nothing here talks to a server."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)
Status = TypeVar("Status", bound=str)


@dataclass(frozen=True, slots=True)
class Script:
    """A script: `name` is the file's base name, `sha1` 40 hexadecimal digits, `source` the file's bytes as they run."""

    name: str
    sha1: str
    source: bytes


@dataclass(slots=True)  # not frozen, though nobody changes one: that would cost every call a microsecond
class ScriptCall(Generic[R_co]):
    """What is sent and how the reply is read. The last argument is the clock in microseconds; `0`: the server's own."""

    script: Script
    keys: tuple[str, ...]
    args: tuple[bytes, ...]
    read: Callable[[Any], R_co]

    def at(self, now_us: int) -> ScriptCall[R_co]:
        """The same call in virtual time, for tests."""
        return replace(self, args=(*self.args[:-1], b"%d" % now_us))

    @property
    def evalsha(self) -> tuple[bytes | str, ...]:
        return ("EVALSHA", self.script.sha1, *self._rest)

    @property
    def eval(self) -> tuple[bytes | str, ...]:
        """Sent only after the server answered NOSCRIPT to `evalsha`."""
        return ("EVAL", self.script.source, *self._rest)

    @property
    def _rest(self) -> tuple[bytes, ...]:
        if len(self.keys) == 1:
            return (b"1", self.keys[0].encode(), *self.args)
        return (b"%d" % len(self.keys), *map(str.encode, self.keys), *self.args)


def directory() -> Path:
    """Where the scripts are read from: `REDIS_PATTERNS_LUA_DIR`, else the package's own."""
    return Path(os.environ.get("REDIS_PATTERNS_LUA_DIR") or Path(__file__).parent / "lua")


@cache
def scripts() -> dict[str, Script]:
    """Every script by name, read once."""
    root, found = directory(), {}
    for path in sorted(root.glob("*/*.lua")):
        source = path.read_bytes()
        found[path.stem] = Script(path.stem, hashlib.sha1(source, usedforsecurity=False).hexdigest(), source)
    if not found:
        raise FileNotFoundError(f"no Lua scripts in {root}")
    return found


def load(name: str) -> Script:
    """One script by the base name of its file."""
    return scripts()[name]


def status_of(reply: Any, choices: tuple[Status, ...]) -> Status:
    """A reply that is a status word alone. Raises `ValueError` for any other."""
    for choice in choices:
        if reply == [choice.encode()]:
            return choice
    raise ValueError("status")
