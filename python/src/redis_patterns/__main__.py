"""`python -m redis_patterns scripts list|verify` and `doctor`: the scripts that run, and what a server is like."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys

import redis
import redis.exceptions

from ._connect import connect
from .errors import RedisError
from .operations import command
from .runner import translate
from .script import directory, scripts

_EPILOG = """\
examples:
  python -m redis_patterns scripts list
  python -m redis_patterns scripts list --json
  python -m redis_patterns scripts verify --url redis://localhost:6379
  REDIS_URL=redis://localhost:6379 python -m redis_patterns doctor --json

exit codes of scripts: 0 all is well, 1 something differs, 2 the server could not be asked, 64 wrong usage
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m redis_patterns", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    areas = parser.add_subparsers(required=True, metavar="AREA")
    verbs = areas.add_parser("scripts", help="the Lua scripts").add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="name and SHA-1 of every script")
    listing.set_defaults(run=_list)
    verify = verbs.add_parser("verify", help="compute every SHA-1 anew; with --url, ask a server to do so")
    verify.add_argument("--url", help="a server that shall load the scripts (SCRIPT LOAD) and say their SHA-1")
    verify.set_defaults(run=_verify)
    command.add(
        areas.add_parser(
            "doctor",
            help="judge a live server by the checklist for production; it only reads",
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    for verb in (listing, verify):
        verb.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    return int(options.run(options))


def _list(options: argparse.Namespace) -> int:
    if options.json:
        _print_json({"directory": str(directory()), "scripts": _sums()})
    else:
        for name, sha1 in _sums().items():
            print(f"{sha1}  {name}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    wrong = [
        name
        for name, script in scripts().items()
        if hashlib.sha1(script.source, usedforsecurity=False).hexdigest() != script.sha1
    ]
    if options.url:
        try:
            with connect(options.url) as client:
                wrong += _unlike(client)
        except RedisError as error:
            print(error, file=sys.stderr)
            return 2
    if options.json:
        _print_json({"ok": not wrong, "wrong": wrong, "scripts": _sums()})
    else:
        for name in wrong:
            print(f"{name}: another SHA-1")
        print(f"{len(scripts()) - len(wrong)} of {len(scripts())} scripts verified")
    return 1 if wrong else 0


def _unlike(client: redis.Redis) -> list[str]:
    try:
        return [name for name, script in scripts().items() if _text(client.script_load(script.source)) != script.sha1]
    except (redis.exceptions.RedisError, OSError) as error:
        failure = translate(error, client, "SCRIPT LOAD")
    raise failure


def _text(sha1: str | bytes) -> str:
    return sha1 if isinstance(sha1, str) else sha1.decode()


def _sums() -> dict[str, str]:
    return {name: script.sha1 for name, script in scripts().items()}


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, sort_keys=True))


if __name__ == "__main__":
    sys.exit(main())
