"""`scripts/bootstrap`: every lack is named with one exact install line, and nothing is installed unasked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT

BOOTSTRAP = str(ROOT / "scripts/bootstrap")
LACKS = {
    "compiler": ("gcc libc6-dev", "gcc", ""),
    "pkgconfig": ("pkg-config", "pkgconf-pkg-config", "pkgconf"),
    "git": ("git", "git", "git"),
    "hiredis": ("libhiredis-dev", "hiredis-devel", "hiredis"),
    "python": ("python3-dev", "python3-devel", "python3"),
    "venv": ("python3-venv", "python3", "python3"),
    "redis": ("redis-server", "redis", "redis"),
    "luacheck": ("lua-check", "luarocks lua-devel && luarocks install luacheck", "luacheck"),
}


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """An environment whose package managers only write down what they were asked for."""
    for manager in ("apt-get", "dnf", "brew", "sudo"):
        fake = tmp_path / manager
        body = 'exec "$@"' if manager == "sudo" else f'echo "{manager} $*" >>"{tmp_path}/asked"'
        fake.write_text(f"#!/bin/sh\n{body}\n")
        fake.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key != "CI" and "REDIS_PATTERNS" not in key}
    return kept | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(tmp_path / "asked")}


def asked(machine: dict[str, str]) -> str:
    file = Path(machine["ASKED"])
    return file.read_text() if file.exists() else ""


def run(machine: dict[str, str], *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BOOTSTRAP, *arguments],
        env=machine | environment,
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def install_line(output: str) -> str:
    lines = output.splitlines()
    return lines[lines.index("Install with:") + 1].strip()


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("packager", ["apt", "dnf", "brew"])
def test_each_lacking_piece_is_named_with_one_install_line(machine: dict[str, str], lack: str, packager: str) -> None:
    done = run(
        machine,
        "--check",
        REDIS_PATTERNS_PRETEND_MISSING=lack,
        REDIS_PATTERNS_PACKAGER=packager,
    )
    assert done.returncode == 3, done.stdout
    assert f"lacking  {lack}" in done.stdout
    packages = LACKS[lack][("apt", "dnf", "brew").index(packager)]
    if packages:
        line = install_line(done.stdout)
        assert line.replace("sudo ", "").endswith(f" {packages}"), line
        assert done.stdout.count("Install with:") == 1
    assert not asked(machine), "--check installed something"


def test_many_lacks_still_make_one_line_without_repeats(machine: dict[str, str]) -> None:
    done = run(
        machine,
        "--check",
        REDIS_PATTERNS_PRETEND_MISSING="hiredis,python,venv,redis",
        REDIS_PATTERNS_PACKAGER="brew",
    )
    assert install_line(done.stdout) == "brew install hiredis python3 redis"


def test_swift_is_pointed_to_its_own_site(machine: dict[str, str]) -> None:
    done = run(machine, "--check", REDIS_PATTERNS_PRETEND_MISSING="swift")
    assert done.returncode == 3
    assert "swift.org/install" in done.stdout


def test_a_swift_that_does_not_run_is_told_with_its_reason(machine: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "swift"
    broken.write_text("#!/bin/sh\necho 'swift: error while loading shared libraries: libncurses.so.6' >&2\nexit 127\n")
    broken.chmod(0o755)
    done = run(machine, "--check")
    assert done.returncode == 3
    assert "does not run: swift: error while loading shared libraries: libncurses.so.6" in done.stdout


def test_the_server_that_is_named_is_the_one_looked_at(machine: dict[str, str], tmp_path: Path) -> None:
    named = tmp_path / "valkey-server"
    for version, code in (("8.0.1", 0), ("6.0.9", 3)):
        named.write_text(f"#!/bin/sh\necho 'Valkey server v={version} sha=0'\n")
        named.chmod(0o755)
        done = run(machine, "--check", REDIS_PATTERNS_REDIS_SERVER=str(named))
        assert done.returncode == code, done.stdout


def test_a_machine_that_has_everything_passes(machine: dict[str, str]) -> None:
    done = run(machine, "--check")
    assert done.returncode == 0, done.stdout
    assert "lacking" not in done.stdout


def test_the_redis_package_comes_with_a_word_about_its_service(machine: dict[str, str]) -> None:
    done = run(
        machine,
        "--check",
        REDIS_PATTERNS_PRETEND_MISSING="redis",
        REDIS_PATTERNS_PACKAGER="apt",
    )
    assert "6379" in done.stdout
    assert "never touch" in done.stdout


@pytest.mark.parametrize("way", ["--yes", "CI"])
def test_it_installs_when_told_to_and_looks_again(machine: dict[str, str], way: str) -> None:
    told = {"CI": "1"} if way == "CI" else {}
    done = run(
        machine,
        *(["--yes"] if way == "--yes" else []),
        REDIS_PATTERNS_PRETEND_MISSING="hiredis,redis",
        REDIS_PATTERNS_PACKAGER="apt",
        **told,
    )
    assert "install -y --no-install-recommends libhiredis-dev redis-server" in asked(machine)
    # The lack is only pretended, so the second look must find it still there and say so.
    assert done.returncode == 3
    assert "still lacking: hiredis redis" in done.stderr


@pytest.mark.parametrize(("answer", "installs"), [("n\n", False), ("y\n", True), ("\n", True)])
def test_on_a_terminal_it_asks_once(machine: dict[str, str], answer: str, installs: bool) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        pretended = {"REDIS_PATTERNS_PRETEND_MISSING": "hiredis", "REDIS_PATTERNS_PACKAGER": "apt"}
        os.execvpe(BOOTSTRAP, [BOOTSTRAP, "--quiet"], machine | pretended)
    seen, sent, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        select.select([terminal], [], [], 1)
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # the terminal closed: the script ended
            break
        seen += chunk
        if b"[Y/n]" in seen and not sent:
            os.write(terminal, answer.encode())
            sent = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert seen.count(b"[Y/n]") == 1, seen
    assert bool(asked(machine)) is installs
    assert os.waitstatus_to_exitcode(status) == 3


def test_the_launcher_ends_with_4_and_the_line_when_something_is_lacking(machine: dict[str, str]) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/tour"), "--json"],
        env=machine | {"REDIS_PATTERNS_PRETEND_MISSING": "hiredis", "REDIS_PATTERNS_PACKAGER": "apt"},
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 4
    assert done.stdout == ""
    assert "libhiredis-dev" in done.stderr


@pytest.mark.parametrize("script", ["bootstrap", "tour", "test", "bench", "docs", "format", "soak"])
def test_every_script_explains_itself(script: str) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts" / script), "--help"], capture_output=True, check=False, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert f"scripts/{script}" in done.stdout
    assert all(len(line) <= 120 for line in done.stdout.splitlines())


def test_a_compile_without_headers_shows_the_install_line_first(tmp_path: Path) -> None:
    shim = tmp_path / "shim.h"
    shim.write_text((ROOT / "Sources/CHiredis/shim.h").read_text())
    done = subprocess.run(
        ["cc", "-nostdinc", f"-I{tmp_path}", "-fsyntax-only", "-x", "c", str(shim)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    first = next(line for line in done.stderr.splitlines() if "error" in line)
    for part in ("libhiredis-dev", "hiredis-devel", "brew install hiredis"):
        assert part in first
