"""`python -m redis_patterns scripts list|show|verify` and `doctor`: the scripts that run, and what a server is like."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import redis
import redis.exceptions

from ._connect import connect
from .errors import Code, RedisError
from .operations import command
from .runner import translate
from .script import directory, scripts

_EXAMPLES = """\
examples:
  python -m redis_patterns doctor --url redis://127.0.0.1:6390
  python -m redis_patterns scripts list --json
  python -m redis_patterns scripts show lock_acquire
  python -m redis_patterns scripts verify --url redis://127.0.0.1:6390
"""
_EPILOG = f"""\
{_EXAMPLES}
exit status: 0 as asked, 1 a check failed, 2 critical, 3 no connection, 64 wrong usage, 130 interrupted,
141 nobody read the output, 143 terminated
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    try:
        status = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Who reads has enough (`| head`). What is still buffered must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:
        return 64 if stop.code else 0
    try:
        return options.run(options) or 0
    except RedisError as error:
        print(error, file=sys.stderr)
        return 64 if error.code in (Code.URL, Code.ARGUMENT) else 3


class _Parser(argparse.ArgumentParser):
    """Options are written in full, as in `redis-patterns`, so that a new one never changes what an old line means."""

    def __init__(self, **named: Any) -> None:
        named |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(**named)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m redis_patterns", epilog=_EPILOG)
    parser.set_defaults(run=lambda _: print(parser.format_help(), end=""))
    areas = parser.add_subparsers(metavar="AREA")
    area = areas.add_parser("scripts", help="the Lua scripts: list, show, verify", epilog=_EXAMPLES)
    area.set_defaults(run=_list)
    verbs = area.add_subparsers(metavar="VERB")
    listing = verbs.add_parser("list", help="name and SHA-1 of every script")
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", help="the text of one script, as the server runs it")
    show.add_argument("name", help="the script's name, as `list` prints it")
    show.set_defaults(run=_show)
    verify = verbs.add_parser("verify", help="compute every SHA-1 anew; with --url, ask a server to do so")
    verify.add_argument("--url", help="a server that shall load the scripts (SCRIPT LOAD) and say their SHA-1")
    verify.set_defaults(run=_verify)
    for verb in (area, listing, verify):
        verb.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    doctor = "judge a live server by the checklist for production; it only reads"
    command.add(areas.add_parser("doctor", help=doctor, epilog=command.EPILOG))
    return parser


def _list(options: argparse.Namespace) -> int:
    if options.json:
        _print_json({"directory": str(directory()), "scripts": _sums()})
    else:
        for name, sha1 in _sums().items():
            print(f"{sha1}  {name}")
    return 0


def _show(options: argparse.Namespace) -> int:
    script = scripts().get(options.name)
    if script is None:
        near = difflib.get_close_matches(options.name, scripts(), 1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        print(f"no script is called '{options.name}'.{hint} See: scripts list", file=sys.stderr)
        return 64
    sys.stdout.flush()
    sys.stdout.buffer.write(script.source)
    return 0


def _verify(options: argparse.Namespace) -> int:
    wrong = [
        name
        for name, script in scripts().items()
        if hashlib.sha1(script.source, usedforsecurity=False).hexdigest() != script.sha1
    ]
    if options.url is not None:
        with connect(options.url) as client:
            wrong += _unlike(client)
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
