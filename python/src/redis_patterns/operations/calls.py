"""What the doctor asks a server: only commands that read, in batches, bounded in keys and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from .._clock import clock
from ..errors import RedisError
from ..script import scripts
from . import facts as read
from .checklist import Checklist, load
from .facts import Facts, Group, Key, Stream
from .names import contract_of, kind_of

Command = tuple[bytes | str, ...]
Asking = Generator[list[Command], list[Any], Facts]

_SIZE = {"string": "STRLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN"}
_TWO_WORDS = frozenset({"CLIENT", "CONFIG", "SLOWLOG", "SCRIPT", "MEMORY", "OBJECT", "XINFO"})


def verb_of(command: Command) -> str:
    """`GET`, and `CONFIG GET` where the second word belongs to the verb."""
    return f"{command[0]!s} {command[1]!s}" if command[0] in _TWO_WORDS else str(command[0])


@dataclass(slots=True)
class Spent:
    """What an examination has cost: commands by group of questions, and round trips."""

    commands: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    round_trips: int = 0


@dataclass(slots=True, kw_only=True)
class Bounds:
    """How much is looked at, at most."""

    keys: int
    time_ms: int


class Examination:
    """The questions, batch by batch; who runs it sends each batch in one round trip and gives the replies back.

    A reply is the server's, or the `RedisError` of a command that it refused.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.spent = Spent()
        self._bounds = bounds
        self._list: Checklist = load()
        self._facts = Facts()
        self._ends = clock() + bounds.time_ms / 1000
        self._answered = False
        self._refusal: RedisError | None = None
        """The first."""

    def run(self) -> Asking:
        """Yields batches, takes replies, and returns what was learned."""
        yield from self._server()
        yield from self._keys()
        yield from self._shapes()
        yield from self._streams()
        if self._refusal is not None and not self._answered:
            raise self._refusal  # who sees nothing has not looked
        return self._facts

    def _server(self) -> Generator[list[Command], list[Any], None]:
        facts, bounds = self._facts, self._list.bounds
        known = sorted(scripts().values(), key=lambda script: script.name)
        facts.scripts_total = len(known)
        info, stats, client, size = yield from self._ask(
            "server", [("INFO",), ("INFO", "commandstats"), ("CLIENT", "INFO"), ("DBSIZE",)]
        )
        if info is not None:
            facts.info = read.info_lines(info)
        if stats is not None:
            facts.commands = read.command_calls(read.info_lines(stats))
        if client is not None:
            facts.database = int(read.client_fields(read.text(client)).get("db", 0))
        if size is not None:
            facts.keys_total = int(size)
        for reply in (yield from self._ask("config", [("CONFIG", "GET", name) for name in self._list.config])):
            if reply is not None:
                facts.config |= {name: read.text(value) for name, value in read.pairs(reply).items()}
        (slow,) = yield from self._ask("slowlog", [("SLOWLOG", "GET", b"%d" % bounds["slow_entries"])])
        if slow is not None:
            facts.slow = [read.slow_entry(entry) for entry in slow]
        (exists,) = yield from self._ask("scripts", [("SCRIPT", "EXISTS", *(script.sha1 for script in known))])
        if exists is not None:
            facts.scripts_known = sum(exists)
        if int((facts.info or {}).get("connected_clients", 0)) > bounds["clients"]:
            facts.refused["CLIENT LIST"] = "too many clients"
            return
        (clients,) = yield from self._ask("clients", [("CLIENT", "LIST", "TYPE", "pubsub")])
        if clients is not None:
            lines = [read.client_fields(line) for line in read.text(clients).splitlines()]
            facts.subscribers = sorted((line.get("name", ""), int(line.get("omem", 0))) for line in lines if line)

    def _keys(self) -> Generator[list[Command], list[Any], None]:
        facts, bounds = self._facts, self._list.bounds
        seen: set[bytes] = set()
        cursor = b"0"
        while True:
            (page,) = yield from self._ask("keys", [("SCAN", cursor, "COUNT", b"%d" % bounds["page"])])
            if page is None:
                return
            cursor = page[0]
            fresh = sorted(set(page[1]) - seen)
            names = fresh[: self._bounds.keys - len(seen)]
            seen.update(names)
            for at in range(0, len(names), bounds["batch"]):
                shown = yield from self._look(names[at : at + bounds["batch"]])
                if shown == 0 and facts.refused.keys() & {"TYPE", "PTTL"}:
                    return
            facts.complete = cursor == b"0" and len(names) == len(fresh)
            if cursor == b"0" or len(seen) >= self._bounds.keys or clock() >= self._ends:
                return

    def _look(self, names: list[bytes]) -> Generator[list[Command], list[Any], int]:
        """Looks at keys of one page; how many the server showed."""
        facts, bounds = self._facts, self._list.bounds
        measured = max(0, min(len(names), bounds["memory_keys"] - len(facts.keys)))
        batch: list[Command] = [("TIME",)]
        for name in names:
            batch += [("TYPE", name), ("PTTL", name)]
        samples = b"%d" % bounds["memory_samples"]
        batch += [("MEMORY", "USAGE", name, "SAMPLES", samples) for name in names[:measured]]
        now, *replies = yield from self._ask("keys", batch)
        now_ms = int(now[0]) * 1000 + int(now[1]) // 1000 if now is not None else None
        shown = 0
        for at, name in enumerate(names):
            kind, ttl = replies[2 * at], replies[2 * at + 1]
            if kind is None or ttl is None:
                continue
            shown += 1
            if kind == b"none" or ttl == -2:
                continue
            key = Key(name=name, type=read.text(kind), ttl_ms=ttl)
            if ttl >= 0 and now_ms is not None:
                key.ends_ms = now_ms + ttl
            if at < measured:
                key.memory = replies[2 * len(names) + at]
            facts.keys.append(key)
        return shown

    def _shapes(self) -> Generator[list[Command], list[Any], None]:
        """Sizes of collections without an end, and what tells a lock and a limit from naive ones."""
        wanted: list[tuple[Key, str, Command]] = []
        for key in self._facts.keys:
            if len(wanted) >= self._list.bounds["shaped_keys"]:
                break
            wanted += [(key, *question) for question in self._questions(key)]
        step = self._list.bounds["batch"]
        for at in range(0, len(wanted), step):
            some = wanted[at : at + step]
            replies = yield from self._ask("keys", [command for _, _, command in some])
            for (key, what, _), reply in zip(some, replies, strict=True):
                if reply is None:
                    continue
                match what:
                    case "size":
                        key.size = int(reply)
                    case "encoding":
                        key.encoding = read.text(reply)
                    case "fenced":
                        key.fenced = bool(reply)

    def _questions(self, key: Key) -> list[tuple[str, Command]]:
        contract = contract_of(key.name, key.type)
        if contract is not None:
            own_lock = (contract.pattern, contract.name) == ("locks", "lock")
            return [("fenced", ("HEXISTS", key.name, "fence"))] if own_lock else []
        kind = kind_of(key.name)
        found: list[tuple[str, Command]] = []
        if key.type in _SIZE and (kind == "lock" if key.type == "string" else key.ttl_ms == -1):
            found.append(("size", (_SIZE[key.type], key.name)))
        if kind == "lock" and key.type == "hash":
            found.append(("fenced", ("HEXISTS", key.name, "fence")))
        if kind == "limiter" and key.type == "string":
            found.append(("encoding", ("OBJECT", "ENCODING", key.name)))
        return found

    def _streams(self) -> Generator[list[Command], list[Any], None]:
        bounds = self._list.bounds
        streams = [key for key in self._facts.keys if key.type == "stream"]
        self._facts.streams_left = max(0, len(streams) - bounds["streams"])
        for key in streams[: bounds["streams"]]:
            length, groups = yield from self._ask("streams", [("XLEN", key.name), ("XINFO", "GROUPS", key.name)])
            if length is None or groups is None:
                continue
            entries = [read.pairs(group) for group in groups]
            looked = entries[: bounds["groups"]]
            waiting: list[Command] = [
                ("XPENDING", key.name, group["name"], "-", "+", b"%d" % bounds["pending"])
                for group in looked
                if group["pending"]
            ]
            answers = iter((yield from self._ask("streams", waiting)) if waiting else [])
            left = len(entries) - len(looked)
            found = []
            for group in looked:
                pending = (next(answers) or []) if group["pending"] else []
                left += max(0, group["pending"] - len(pending))
                found.append(
                    Group(
                        pending=group["pending"],
                        oldest_idle_ms=max((entry[2] for entry in pending), default=0),
                        most_deliveries=max((entry[3] for entry in pending), default=0),
                    )
                )
            key.stream = Stream(length=length, groups=tuple(found), left=left)

    def _ask(self, group: str, batch: list[Command]) -> Generator[list[Command], list[Any], list[Any]]:
        """Sends a batch; a command that was refused is noted, and its reply is None."""
        for command in batch:
            if verb_of(command) not in self._list.commands:
                raise AssertionError(f"{verb_of(command)} is not on the list of commands that only read")
        replies = yield batch
        self.spent.round_trips += 1
        self.spent.commands[group] += len(batch)
        for command, reply in zip(batch, replies, strict=True):
            if not isinstance(reply, RedisError):
                self._answered = True
            else:
                self._refusal = self._refusal or reply
                self._facts.refused.setdefault(verb_of(command), reply.code.value)
        return [None if isinstance(reply, RedisError) else reply for reply in replies]
