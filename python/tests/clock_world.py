"""A server and the hand on its clock, which a preloaded library moves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Server
from waiting import until

COMPILER = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")


class Clocked:
    """A real server; its clock is the machine's, moved by what was set last."""

    def __init__(self, server: Server, shift: Path) -> None:
        self.server, self.client, self._shift = server, server.client(), shift

    def set_clock(self, by: timedelta) -> None:
        before = self._now()
        self._shift.write_text(str(int(by.total_seconds())))
        until(lambda: abs(self._now() - before) > timedelta(minutes=30).total_seconds())

    def _now(self) -> float:
        # Its uptime is told by the clock that the server's timer has seen, the one by which keys end.
        return float(self.client.info("server")["uptime_in_seconds"])

    def send(self, call: Any) -> Any:
        return call.read(self.client.execute_command(*call.eval))


def clocked(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clocked]:
    """The body of a fixture."""
    if COMPILER is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and LD_PRELOAD")
    library, shift = directory / "clock.so", directory / "shift"
    source = str(Path(__file__).with_name("clock_shift.c"))
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), source], check=True)
    shift.write_text("0")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_SHIFT", str(shift))
    server = Server()
    monkeypatch.delenv("LD_PRELOAD")
    yield Clocked(server, shift)
    server.stop()
