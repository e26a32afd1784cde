"""`python -m redis_patterns doctor`: the same answer and the same exit statuses as `redis-patterns doctor`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable

from .._connect import connect
from ..errors import Code, RedisError
from .checklist import load
from .sync import Doctor

EPILOG = """\
Twelve items, each ok, none (nothing there to judge), unknown, warning or critical. What the server's ACL forbids is
unknown, never ok.

exit status: 0 better than --fail-on, 1 warning (or unknown, when asked for), 2 critical, 3 could not look (no
connection, no login, or nothing was answered), 64 wrong usage, 130 interrupted, 141 nobody read the output,
143 terminated

examples:
  REDIS_URL=redis://127.0.0.1:6390 python -m redis_patterns doctor
  python -m redis_patterns doctor --url redis://127.0.0.1:6390 --json --fail-on critical
  python -m redis_patterns doctor --item memory --item locks
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `doctor`."""
    items = [entry.id for entry in load().items]
    parser.add_argument("--url", help="the server; default: REDIS_URL, where a password is not seen by others")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument(
        "--fail-on",
        choices=["critical", "warning", "unknown", "never"],
        default="warning",
        help="from what on the exit status is not 0 (default: warning)",
    )
    parser.add_argument("--item", action="append", choices=items, default=[], help="judge this item only; repeatable")
    parser.add_argument(
        "--max-keys", type=_count(10_000_000), default=10_000, metavar="N", help="look at so many keys at most"
    )
    parser.add_argument(
        "--max-ms", type=_count(3_600_000), default=2000, metavar="MS", help="ask for no more keys after so long"
    )
    parser.add_argument(
        "--subscriber", action="append", default=[], metavar="NAME", help="this connection must be subscribed"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judges the server and prints the report; returns the exit status."""
    url = (os.environ.get("REDIS_URL") or None) if options.url is None else options.url
    if url is None:
        print("doctor: which server? Give --url, or set REDIS_URL", file=sys.stderr)
        return 64
    try:
        with connect(url) as client:
            report = Doctor(
                client,
                max_keys=options.max_keys,
                max_time=options.max_ms / 1000,
                items=options.item,
                subscribers=options.subscriber,
            ).examine()
    except RedisError as error:
        print(f"doctor: {error}", file=sys.stderr)
        if error.code in (Code.URL, Code.ARGUMENT):
            return 64
        if options.json:
            print(blind_text(error))
        return 3
    print(report.json_text() if options.json else report.text())
    return report.exit_code(options.fail_on)


def blind_text(error: RedisError) -> str:
    """The document of a doctor who could not look: nothing is known, and why."""
    said = {
        "code": error.code.value,
        "server_code": error.server_code,
        "address": error.address,
        "next_step": error.next_step,
        "documentation": error.documentation,
    }
    document = {"schema": 1, "verdict": "unknown", "status": 3, "error": {k: v for k, v in said.items() if v}}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)


def _count(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # int() would take "1_000" and digits of other scripts too.
        if re.fullmatch(r"\+?[0-9]{1,18}", text, re.ASCII) and 1 <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"1 to {most}")

    return read
