"""Runs an example of the documentation and returns what it printed, for tests and for the tour."""

from __future__ import annotations

import contextlib
import io
import runpy
from collections.abc import Mapping
from typing import Any


def run(ctx: Mapping[str, Any]) -> dict[str, list[str]]:
    """Calls the `run` of `file` with the rest of `ctx` (`url` or `nodes`, `namespace`): `{"transcript": [...]}`."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(ctx["file"])["run"]({name: value for name, value in ctx.items() if name != "file"})
    return {"transcript": printed.getvalue().splitlines()}
