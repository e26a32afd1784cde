"""Every public operation with arguments that are right: what `test_arguments.py` makes wrong, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from redis_patterns import JSON, TEXT, Limit, Versioned

HANDLE = "0" * 64
IDENTITY = "A" * 64
LIMIT = Limit.token_bucket(10, per=3600.0)


@dataclass(frozen=True)
class Operation:
    """`of` is made with `made`, then `verb` is called with `given`; None makes it only. `*` holds the free ones."""

    of: str
    verb: str | None = None
    made: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    works: bool = True
    """Whether arguments of the right type may be performed too; else only those of a wrong one are tried."""

    def __str__(self) -> str:
        return f"{self.of}.{self.verb}" if self.verb else self.of


def _verbs(of: str, made: dict[str, Any], **verbs: dict[str, Any] | None) -> Iterator[Operation]:
    yield Operation(of, made=made)
    for verb, given in verbs.items():
        yield Operation(of, verb, made, given or {})


def loader() -> Versioned[str]:
    """What the cache asks."""
    return Versioned("x")


def operations(asynchronous: bool) -> Iterator[Operation]:
    """The table; callables are coroutine functions for asyncio."""
    load: Callable[[], Any] = loader
    if asynchronous:

        async def load() -> Versioned[str]:
            return loader()

    yield from _verbs(
        "Cache",
        {"codec": TEXT, "namespace": "n", "ttl": 60.0, "grace": 0.0, "jitter": 0.1, "negative_ttl": 10.0, "lease": 10.0}
        | {"backoff": 1.0, "wait": 0.01, "refresh": "foreground", "early": 0.0, "refreshes": 16},
        get={"key": "k", "tags": ("t",)},
        get_many={"keys": ["k"], "tags": ("t",)},
        get_or_load_versioned={"key": "k2", "loader": load, "tags": ("t",)},
        put={"key": "k", "value": "v", "version": 0, "tags": ("t",)},
        write_through={"key": "k", "writer": load, "tags": ("t",)},
        delete={"key": "k", "holdoff": 0.0, "version": None, "keep": 60.0},
        mark_stale={"key": "k", "holdoff": 0.0},
        delete_tag={"tag": "t"},
        mark_tag_stale={"tag": "t"},
        drain={"within": 1.0},
    )
    yield Operation("Cache", "get_or_load", {"codec": TEXT, "namespace": "n"}, {"key": "k", "loader": load}, False)
    yield Operation("Cache", "put", {"codec": JSON, "namespace": "j"}, {"key": "k", "value": "v"})
    yield Operation("Cache", "put", {"namespace": "b"}, {"key": "k", "value": b"v"})
    yield from _verbs(
        "Sessions",
        {"idle": 60.0, "lifetime": 600.0, "limit": 0, "at_limit": "end_first", "touch_every": None, "grace": 15.0}
        | {"namespace": "n", "pepper": None},
        create={"user": "u", "data": {"a": "b"}, "replacing": None},
        load={"identity": IDENTITY},
        update={"identity": IDENTITY, "put": {"a": "b"}, "drop": ("c",), "version": None},
        rotate={"identity": IDENTITY},
        revoke={"identity": IDENTITY},
        revoke_listed={"user": "u", "handle": HANDLE},
        revoke_all={"user": "u"},
        revoke_others={"identity": IDENTITY},
        list={"user": "u", "fields": ("a",)},
    )
    yield from _verbs(
        "RateLimiter",
        {"limit": LIMIT, "namespace": "n", "replay": 60.0},
        take={"id": "u", "cost": 1, "request": None},
        peek={"id": "u", "cost": 1},
        refund={"id": "u", "request": "r"},
    )
    lock = {"name": "l", "ttl": 1.0, "wait": 0.0, "namespace": "n", "on_lost": None}
    yield from _verbs("Lock", lock | {"patience": 3.0}, try_acquire=None)
    yield Operation("Lock", "acquire", lock | {"name": "m"}, {"wait": 0.0})
    yield from _verbs(
        "Semaphore", lock | {"limit": 1_000_000_000, "patience": 3.0}, try_acquire={"permits": 1}, permits={"count": 1}
    )
    yield Operation("Semaphore", "acquire", lock | {"limit": 1_000_000_000}, {"permits": 1, "wait": 0.0})
    yield from _verbs("FencedValue", {"name": "f", "ttl": 1.0, "namespace": "n"}, read=None)
    yield Operation("FencedValue", "write", {"name": "f", "ttl": 1.0}, {"value": b"v", "fence": 1})
    redlock = lock | {"longest_ttl": 60.0, "node_timeout": 0.1}
    yield Operation("Redlock", None, redlock)
    yield Operation("Redlock", "acquire", redlock | {"name": "r"}, {"wait": 0.0}, works=False)
    yield Operation("Publisher", "publish", {"channel": "c", "codec": TEXT, "namespace": "n"}, {"value": "v"})
    yield Operation("Publisher", "publish", {"channel": "c", "codec": JSON}, {"value": "v"})
    subscriber = {"codec": TEXT, "patterns": (), "buffer": 10, "slow_reader": "drop_oldest", "namespace": "n"}
    subscriber |= {"ping_after": 3.0, "pong_within": 5.0, "timeout": 5.0, "channels": ["c"]}
    yield Operation("Subscriber", None, subscriber)
    yield Operation("Subscriber", "next", subscriber, {"timeout": 0.0}, works=False)
    yield from _verbs(
        "MessageStream",
        {"name": "s", "max_length": 100, "keep": None, "replay": 60.0, "namespace": "n"},
        add={"fields": {"a": "b"}, "request": None},
        lag={"group": "g", "most": 10},
        dead_letters={"after": None, "count": 10},
        revive={"letter": "1-1"},
    )
    consumer = {"stream": "s", "group": "g", "name": "c", "start": "0", "heal": "0", "concurrency": 10, "wait": 1.0}
    consumer |= {
        "max_deliveries": 5,
        "idle": 60.0,
        "backoff": 1.0,
        "grace": 0.0,
        "max_dead_letters": 10,
        "namespace": "n",
    }
    yield Operation("StreamConsumer", None, consumer)
    yield Operation("StreamConsumer", "run", consumer, {"handler": load}, works=False)
    yield from _structures()
    yield Operation("Doctor", None, {"max_keys": 10, "max_time": 1.0, "items": ("locks",), "subscribers": ()})
    for of in ("token_bucket", "fixed_window", "sliding_window", "sliding_log"):
        yield Operation("Limit", of, {}, {"limit": 5, "per": 60.0, "name": "t"})


def _structures() -> Iterator[Operation]:
    yield from _verbs(
        "SharedCounter",
        {"name": "c", "ttl": 60.0, "life": "first", "least": -10, "most": 10, "replay": 60.0, "namespace": "n"},
        add={"delta": 1, "request": None},
        value=None,
        clear=None,
    )
    yield from _verbs("SharedFlag", {"name": "f", "ttl": 60.0, "namespace": "n"}, set={"payload": b"x"}, clear=None)
    yield from _verbs(
        "VersionedObject",
        {"name": "o", "ttl": 60.0, "most": 100, "namespace": "n"},
        read=None,
        write={"set": {"a": "b"}, "remove": ("c",), "seen": None},
        delete={"seen": None},
    )
    update = {"change": lambda fields: {"a": "b"}, "attempts": 1}
    yield Operation("VersionedObject", "update", {"name": "o", "ttl": 60.0}, update, works=False)
    yield from _verbs(
        "RecentItems", {"name": "r", "ttl": 60.0, "most": 5, "namespace": "n"}, add={"item": "x"}, items={"count": 5}
    )
    yield from _verbs(
        "ReliableQueue",
        {"name": "q", "lease": 1.0, "tries": 5, "most": 10, "graves": 10, "ttl": 60.0, "namespace": "n"},
        push={"payload": b"x", "id": None, "delay": 0.0},
        pop={"wait": 0.0},
        look={"graves": 10},
        revive={"count": 10},
    )
    yield from _verbs(
        "TagIndex",
        {"name": "t", "ttl": 60.0, "most": 10, "namespace": "n"},
        add={"item": "i", "*tags": ("a",)},
        remove={"item": "i", "*tags": ("a",)},
        tags={"item": "i"},
        has={"item": "i", "tag": "a"},
        all_of={"*tags": ("a",)},
        any_of={"*tags": ("a",)},
    )
    yield from _verbs(
        "Leaderboard",
        {"name": "b", "windows": ("all", "day"), "order": "high", "most": 10, "ttl": 60.0, "zone": 0.0}
        | {"namespace": "n"},
        submit={"id": "p", "score": 1, "mode": "set"},
        page={"window": "all", "first": 1, "count": 10},
        around={"id": "p", "window": "all", "count": 5},
        remove={"id": "p"},
    )
    yield from _verbs(
        "TimeSeries",
        {"name": "s", "keep": 60.0, "most": 10, "namespace": "n"},
        add={"value": 1},
        points={"span": 60.0, "count": 10},
        steps={"span": 60.0, "step": 1.0, "count": 10},
    )
    yield from _verbs(
        "UniqueCounter",
        {"name": "u", "every": 60.0, "periods": 2, "zone": 0.0, "namespace": "n"},
        add={"*items": ("a",)},
        count={"last": 1},
    )
    yield from _verbs(
        "EventLog",
        {"name": "l", "keep": 60.0, "most": 10, "namespace": "n"},
        append={"kind": "k", "payload": b"x"},
        read={"after": None, "count": 10},
    )
