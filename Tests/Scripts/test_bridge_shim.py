"""The bridge's C part compiles with Python's headers and without them, and exports the same functions both ways."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

SHIM = ROOT / "Sources/CPythonSupport"
COMPILER = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc") or ""


def symbols(folder: Path, flags: list[str]) -> tuple[set[str], set[str]]:
    """What the compiled files define, and what of Python they need."""
    defined: set[str] = set()
    needed: set[str] = set()
    for source in sorted(SHIM.glob("*.c")):
        built = folder / f"{source.stem}.o"
        strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", str(SHIM / "include")]
        subprocess.run([COMPILER, *strict, *flags, "-c", str(source), "-o", str(built)], check=True)
        listed = subprocess.run(["nm", "-g", str(built)], check=True, capture_output=True, text=True).stdout
        for kind, name in re.findall(r"^\s*[0-9a-f]*\s+([TUDR])\s+_?(\w+)$", listed, re.MULTILINE):
            if kind == "U":
                needed |= {name} if re.match("_?Py", name) else set()
            else:
                defined.add(name)
    return defined, needed


def test_the_shim_stands_in_for_a_missing_python(tmp_path: Path) -> None:
    hidden = ["-DCPS_NO_PYTHON"]
    without, needed = symbols(tmp_path, hidden)
    assert needed == set()
    declared = set(re.findall(r"\b(cps_\w+)\(", (SHIM / "include/CPythonSupport.h").read_text("utf-8")))
    assert declared <= without

    found = subprocess.run(["pkg-config", "--cflags", "python3-embed"], check=False, capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip("python3-embed is not installed")
    real, needed = symbols(tmp_path, found.stdout.split())
    assert "Py_InitializeFromConfig" in needed
    assert without <= real
