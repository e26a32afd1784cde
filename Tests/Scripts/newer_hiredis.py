"""hiredis of other versions than the system's, built from the sources that the Python package `hiredis` carries."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILER = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc") or ""
#: The C library's version → the Python package that carries it: the first with RESP3, and the newest.
CARRIERS = {"1.0.0": "2.0.0", "1.5.0": "3.5.0"}


def build(version: str) -> Path:
    """A folder with `include/hiredis/*.h` and `lib/libhiredis.so` of this version. Made once."""
    target = ROOT / ".cache" / f"hiredis-{version}"
    if (target / "lib/libhiredis.so").exists():
        return target
    carrier = CARRIERS[version]
    work = target / "work"
    shutil.rmtree(target, ignore_errors=True)
    work.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--no-binary", ":all:", "--dest", str(work), f"hiredis=={carrier}"], check=True)
    with tarfile.open(work / f"hiredis-{carrier}.tar.gz") as archive:
        archive.extractall(work)
    sources = work / f"hiredis-{carrier}/vendor/hiredis"
    (target / "include/hiredis").mkdir(parents=True)
    for header in sources.glob("*.h"):
        shutil.copy(header, target / "include/hiredis")
    (target / "lib").mkdir()
    files = [str(sources / f"{name}.c") for name in ("alloc", "async", "hiredis", "net", "read", "sds", "sockcompat")]
    library = target / "lib/libhiredis.so.building"
    command = [
        COMPILER,
        "-std=gnu11",
        "-O2",
        "-fPIC",
        "-shared",
        *files,
        "-Wl,-soname,libhiredis.so",
        "-o",
        str(library),
    ]
    subprocess.run(command, check=True)
    library.rename(target / "lib/libhiredis.so")
    shutil.rmtree(work)
    return target


if __name__ == "__main__":
    print(build(sys.argv[1]))
