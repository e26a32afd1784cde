"""What is built holds what stands in the tree: the same scripts, byte for byte, in every form of the package."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from conformance import ROOT

SUMS = {
    path.stem: hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() for path in ROOT.glob("lua/*/*.lua")
}
PRINT_SUMS = "from redis_patterns.script import scripts\nfor s in scripts().values(): print(s.name, s.sha1)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist, a wheel from the tree, and below `again/` a wheel from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    build(ROOT / "python", out, "--sdist", "--wheel")
    unpacked = out / "unpacked"
    with tarfile.open(next(out.glob("*.tar.gz"))) as archive:
        archive.extractall(unpacked)
    build(next(unpacked.iterdir()), out / "again", "--wheel")
    return out


def build(source: Path, out: Path, *what: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), *what, str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr


def sums_of_wheel(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {
            Path(name).stem: hashlib.sha1(archive.read(name), usedforsecurity=False).hexdigest()
            for name in archive.namelist()
            if name.endswith(".lua")
        }


def sums_said_by(python: Path, **environment: str) -> dict[str, str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("REDIS_PATTERNS")}
    said = subprocess.run(
        [python, "-c", PRINT_SUMS], env={**variables, **environment}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    return dict(line.split(" ", 1) for line in said.stdout.splitlines())


def test_the_wheel_holds_every_script(built: Path) -> None:
    assert sums_of_wheel(next(built.glob("*.whl"))) == SUMS


def test_the_sdist_holds_every_script_as_a_file(built: Path) -> None:
    unpacked = next((built / "unpacked").iterdir())
    found = list(unpacked.glob("src/redis_patterns/lua/*/*.lua"))
    assert not any(path.is_symlink() for path in (unpacked / "src" / "redis_patterns").rglob("*"))
    sums = {path.stem: hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() for path in found}
    assert sums == SUMS


def test_the_wheel_from_the_sdist_holds_every_script(built: Path) -> None:
    assert sums_of_wheel(next((built / "again").glob("*.whl"))) == SUMS


def test_an_editable_install_runs_the_scripts_of_the_tree(tmp_path: Path) -> None:
    """Its wheel holds a path, and nothing of the package; the path is what is run here."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel:editable", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT / "python", capture_output=True, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        path = next(archive.read(name).decode().strip() for name in archive.namelist() if name.endswith(".pth"))
    assert Path(path) == ROOT / "python" / "src"
    assert sums_said_by(Path(sys.executable), PYTHONPATH=path) == SUMS


def test_a_directory_of_scripts_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "only.lua").write_text("return 1\n", encoding="utf-8")
    sums = sums_said_by(Path(sys.executable), REDIS_PATTERNS_LUA_DIR=str(tmp_path))
    assert sums == {"only": hashlib.sha1(b"return 1\n", usedforsecurity=False).hexdigest()}


def test_the_wheel_installs_alone_and_is_typed(built: Path, tmp_path: Path) -> None:
    """In a fresh environment; redis-py is lent to it, so that no package index is needed."""
    python = environment(tmp_path)
    pip(python, "install", "--no-deps", "--no-index", str(next(built.glob("*.whl"))))
    borrowed = tmp_path / "borrowed"
    borrowed.mkdir()
    for name in ("redis", "async_timeout"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            (borrowed / name).symlink_to(Path(found.origin).parent)
    assert sums_said_by(python, PYTHONPATH=str(borrowed)) == SUMS
    assert list(tmp_path.glob("venv/lib/*/site-packages/redis_patterns/py.typed"))


@pytest.mark.skipif("REDIS_PATTERNS_OFFLINE" in os.environ, reason="needs a package index")
def test_pip_installs_the_source_tree_alone(tmp_path: Path) -> None:
    python = environment(tmp_path)
    installed = pip(python, "install", "--quiet", str(ROOT / "python"), check=False)
    if installed.returncode != 0 and ("Could not find a version" in installed.stderr or "onnect" in installed.stderr):
        pytest.skip("no package index answers here")
    assert installed.returncode == 0, installed.stderr
    assert sums_said_by(python) == SUMS


def environment(directory: Path) -> Path:
    venv.create(directory / "venv")  # without a pip of its own, which takes long to make: ours installs into it
    return directory / "venv" / "bin" / "python"


def pip(python: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
