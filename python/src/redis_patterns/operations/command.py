"""`python -m redis_patterns doctor`: the same answer and the same exit codes as `redis-patterns doctor`."""

from __future__ import annotations

import argparse
import os
import sys

from .._connect import connect
from ..errors import Code, RedisError
from .checklist import load
from .sync import Doctor

_NO_CONNECTION = frozenset(
    {
        Code.CONNECT,
        Code.CONNECTION_LOST,
        Code.TIMEOUT,
        Code.AUTH,
        Code.PERMISSION,
        Code.LOADING,
        Code.MAX_CLIENTS,
        Code.UNSUPPORTED,
    }
)
EPILOG = """\
Twelve items, each ok, none (nothing there to judge), unknown, warning or critical. What the server's ACL forbids is
unknown, never ok.

exit codes: 0 better than --fail-on, 1 warning (or unknown, when asked for), 2 critical, 3 no connection or login,
64 wrong usage, 130 interrupted
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
        help="from what on the exit code is not 0 (default: warning)",
    )
    parser.add_argument("--item", action="append", choices=items, default=[], help="judge this item only; repeatable")
    parser.add_argument("--max-keys", type=_count, default=10_000, metavar="N", help="look at so many keys at most")
    parser.add_argument("--max-ms", type=_count, default=2000, metavar="MS", help="ask for no more keys after so long")
    parser.add_argument(
        "--subscriber", action="append", default=[], metavar="NAME", help="this connection must be subscribed"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judges the server and prints the report; returns the exit code."""
    url = options.url or os.environ.get("REDIS_URL")
    if not url:
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
        print(error, file=sys.stderr)
        if error.code in (Code.URL, Code.ARGUMENT):
            return 64
        return 3 if error.code in _NO_CONNECTION else 70
    except KeyboardInterrupt:
        return 130
    print(report.json_text() if options.json else report.text())
    return report.exit_code(options.fail_on)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000_000:
        raise argparse.ArgumentTypeError("1 to 10000000")
    return number
