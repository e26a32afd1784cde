"""The client's C part compiles with several versions of hiredis, and reads every reply alike with each."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import newer_hiredis
import pytest
from conftest import ROOT

SUPPORT = ROOT / "Sources/CRedisSupport"
SMOKE = ROOT / "Tests/Scripts/transport_smoke.c"
ALIKE = """\
 +OK complete
 -ERR no complete
 :-7 complete
 $abc complete
 $ complete
 null complete
 null complete
 *0 complete
 *2 :1 *1 $a complete
 partial
 refused
 *2147483647 refused
 malformed
 malformed
 malformed
 malformed
 malformed
 malformed
 malformed
 malformed
 malformed
 malformed
"""


def said(folder: Path, flags: list[str], libraries: Path | None) -> tuple[str, str]:
    """The version, and what it made of the replies."""
    program = folder / "smoke"
    sources = [str(path) for path in sorted(SUPPORT.glob("*.c"))]
    strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", str(SUPPORT / "include")]
    nullability = ["-D_Nonnull=", "-D_Nullable="]  # words of clang; cc may be another
    command = [newer_hiredis.COMPILER, *strict, *nullability, *flags, str(SMOKE), *sources, "-o", str(program)]
    where = ["-L", str(libraries)] if libraries else []
    subprocess.run([*command, *where, "-lhiredis", "-lpthread"], check=True)
    environment = {**os.environ, **({"LD_LIBRARY_PATH": str(libraries)} if libraries else {})}
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True, env=environment, timeout=60)
    version, _, rest = done.stdout.partition("\n")
    return version, rest


def test_the_systems_hiredis_reads_as_expected(tmp_path: Path) -> None:
    version, replies = said(tmp_path, [], None)
    assert version.startswith("hiredis ")
    assert replies == ALIKE


@pytest.mark.parametrize("version", newer_hiredis.CARRIERS)
def test_other_versions_read_alike(tmp_path: Path, version: str) -> None:
    built = newer_hiredis.build(version)
    found, replies = said(tmp_path, ["-I", str(built / "include")], built / "lib")
    assert found == f"hiredis {version}, depth 32" or (version == "1.0.0" and found.startswith("hiredis 1.0.0"))
    assert replies == ALIKE
