"""The protocol's golden file: which bytes and which contracts the protocol number stands for."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path("Tests/Conformance/protocol.json")
PROSE = {"summary", "when", "never", "complexity", "description"}


def without_prose(value: Any) -> Any:
    """The contract as programs obey it: better words for people do not make another protocol."""
    if isinstance(value, dict):
        return {key: without_prose(item) for key, item in value.items() if key not in PROSE}
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    return value


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def current(root: Path) -> dict[str, Any]:
    contracts = {
        path.parent.name: digest(
            json.dumps(without_prose(json.loads(path.read_text("utf-8"))), sort_keys=True).encode()
        )
        for path in sorted(root.glob("lua/*/*.contract.json"))
    }
    scripts = {path.stem: digest(path.read_bytes()) for path in sorted(root.glob("lua/*/*.lua"))}
    return {
        "protocol": int((root / "lua/PROTOCOL").read_text("utf-8")),
        "contracts": contracts,
        "scripts": dict(sorted(scripts.items())),
    }


def golden(root: Path) -> dict[str, Any]:
    file = root / GOLDEN
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {"protocol": 0, "released": False}


def differences(root: Path) -> list[str]:
    now, then = current(root), golden(root)
    found = []
    if now["protocol"] != then["protocol"]:
        found.append(f"lua/PROTOCOL is {now['protocol']}, the golden file has {then['protocol']}")
    for kind in ("contracts", "scripts"):
        before = then.get(kind, {})
        changed = [name for name in sorted(now[kind] | before) if now[kind].get(name) != before.get(name)]
        found += [f"{kind[:-1]} {name} changed" for name in changed]
    return found


def refusal(root: Path) -> str | None:
    """Why the current state may not become the golden one, if so."""
    now, then = current(root), golden(root)
    if now["protocol"] < then["protocol"]:
        return "a protocol number never falls"
    changed = now["contracts"] != then.get("contracts")
    if then.get("released") and changed and now["protocol"] == then["protocol"]:
        return f"protocol {now['protocol']} is released and a contract changed: raise lua/PROTOCOL first"
    return None


def accept(root: Path, *, release: bool = False) -> None:
    now, then = current(root), golden(root)
    released = release or (bool(then.get("released")) and now["protocol"] == then["protocol"])
    document = {"protocol": now["protocol"], "released": released} | now
    (root / GOLDEN).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--accept"], ["--release"]):
        print("protocol: unknown argument (see --help)", file=sys.stderr)
        return 64
    if arguments:
        if reason := refusal(ROOT):
            print(f"protocol: {reason}", file=sys.stderr)
            return 1
        accept(ROOT, release=arguments == ["--release"])
        return 0
    found = differences(ROOT)
    for line in found:
        print(line)
    if found:
        print("Run scripts/protocol --accept when this is meant; it says when lua/PROTOCOL must rise.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
