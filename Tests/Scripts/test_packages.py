"""Every way to get the scripts gives the same bytes: the folder, the wheel, the sdist, the wheel made from the sdist,
the editable installation, and the Swift binary."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

INSTALLED = """
import hashlib, json, pathlib, redis_patterns
folder = pathlib.Path(redis_patterns.__file__).parent / "lua"
print(json.dumps({f.stem: hashlib.sha1(f.read_bytes()).hexdigest() for f in folder.glob("*/*.lua")}))
"""


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def scripts_of_the_tree() -> dict[str, str]:
    return {file.stem: sha1(file.read_bytes()) for file in (ROOT / "lua").glob("*/*.lua")}


def scripts_in_wheel(wheel: Path) -> dict[str, str]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".lua")]
        return {Path(name).stem: sha1(archive.read(name)) for name in names}


def scripts_in_sdist(sdist: Path) -> dict[str, str]:
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            stream = archive.extractfile(member) if member.name.endswith(".lua") else None
            if stream:
                found[Path(member.name).stem] = sha1(stream.read())
    return found


def run(*command: str, cwd: Path = ROOT) -> str:
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "REDIS_PATTERNS_LUA_DIR")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, check=False, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The package in its three forms, each built as a release would."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation")
    run(*build, "--wheel", "--outdir", str(folder / "wheel"), cwd=ROOT / "python")
    run(*build, "--sdist", "--outdir", str(folder / "sdist"), cwd=ROOT / "python")
    sdist = next((folder / "sdist").glob("*.tar.gz"))
    (folder / "unpacked").mkdir()
    run("tar", "-xzf", str(sdist), "-C", str(folder / "unpacked"))
    run(*build, "--wheel", "--outdir", str(folder / "second"), cwd=next((folder / "unpacked").iterdir()))
    return {
        "wheel": next((folder / "wheel").glob("*.whl")),
        "sdist": sdist,
        "wheel from sdist": next((folder / "second").glob("*.whl")),
    }


@pytest.mark.xdist_group("packages")
@pytest.mark.parametrize("form", ["wheel", "sdist", "wheel from sdist"])
def test_a_built_package_holds_the_scripts_of_the_tree(built: dict[str, Path], form: str) -> None:
    read = scripts_in_sdist if form == "sdist" else scripts_in_wheel
    assert read(built[form]) == scripts_of_the_tree()


@pytest.mark.xdist_group("packages")
def test_the_wheel_is_typed(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as archive:
        assert "redis_patterns/py.typed" in archive.namelist()


@pytest.mark.xdist_group("packages")
def test_the_wheel_works_alone_in_a_fresh_environment(built: dict[str, Path], tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(tmp_path / "venv/bin/python")
    run(python, "-m", "pip", "install", "--quiet", str(built["wheel from sdist"]), cwd=tmp_path)
    assert json.loads(run(python, "-c", INSTALLED, cwd=tmp_path)) == scripts_of_the_tree()


def test_the_editable_installation_reads_the_scripts_of_the_tree(tmp_path: Path) -> None:
    assert json.loads(run(sys.executable, "-c", INSTALLED, cwd=tmp_path)) == scripts_of_the_tree()


def test_the_swift_binary_holds_the_scripts_of_the_tree() -> None:
    binary = ROOT / ".build/debug/redis-patterns"
    if not binary.exists():
        # The whole gate builds before it checks; there a missing binary is a failure.
        assert not os.environ.get("REDIS_PATTERNS_GATE"), "the build made no redis-patterns"
        pytest.skip("the package is not built")
    listed = json.loads(run(str(binary), "scripts", "list", "--json"))
    assert {entry["name"]: entry["sha1"] for entry in listed} == scripts_of_the_tree()
