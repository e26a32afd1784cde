"""The synchronous twins are what their asyncio faces say."""

from __future__ import annotations

import subprocess
import sys

from conformance import ROOT

SCRIPT = ROOT / "python" / "scripts" / "unasync.py"


def test_every_twin_is_current() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert checked.stdout == ""
    assert checked.returncode == 0


def test_no_twin_awaits_and_none_is_missing() -> None:
    package = ROOT / "python" / "src" / "redis_patterns"
    twins = sorted(package.glob("*/*sync.py"))
    assert len(twins) == len(list(package.glob("*/*aio.py")))
    for twin in twins:
        text = twin.read_text(encoding="utf-8")
        assert "await " not in text, twin
        assert "asyncio" not in text, twin
