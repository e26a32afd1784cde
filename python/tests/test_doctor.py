"""The doctor on live servers: each item provoked, and a healthy server on which none is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

import redis_patterns
from conftest import Server
from redis_patterns import BYTES, Cache, Doctor, Lock
from redis_patterns.operations.checklist import load
from redis_patterns.operations.report import Item, Report

ITEMS = [entry.id for entry in load().items]


@contextmanager
def healthy(*options: str) -> Iterator[tuple[Server, redis.Redis]]:
    """A server that does everything as the checklist asks: the library's keys, one client, one named subscriber."""
    server = Server("--maxmemory", "100mb", *options)
    client = redis_patterns.connect(server.url)
    listener = redis_patterns.connect(server.url, client_name="mails")
    try:
        ping = client.pipeline(transaction=False)
        for _ in range(1000):
            ping.ping()
        ping.execute()
        with Lock(client, "orders:1"):
            pass
        cache: Cache[bytes] = Cache(client, ttl=60.0, codec=BYTES)
        assert cache.get_or_load("user:7", lambda: b"x") == b"x"
        subscription = listener.pubsub()
        subscription.subscribe("mails")
        subscription.get_message(timeout=10)
        client.xadd("events:{created}", {"type": "created"})
        client.xgroup_create("events:{created}", "work", "0")
        client.expire("events:{created}", 3600)
        redis_patterns.RateLimiter(client, redis_patterns.Limit("default", 10, 60_000_000, 10)).take("user:7")
        client.slowlog_reset()
        yield server, client
    finally:
        listener.close()
        client.close()
        server.stop()


def examine(client: redis.Redis, item: str | None = None) -> Report:
    return Doctor(client, items=[] if item is None else [item], subscribers=["mails"]).examine()


def calm(client: redis.Redis, item: str | None = None) -> Report:
    """Looks again where the machine itself made a command slow."""
    for _ in range(50):
        client.slowlog_reset()
        report = examine(client, item)
        if all(found.id != "slowlog" or found.status == "ok" for found in report.items):
            break
    return report


def the(report: Report, item: str) -> Item:
    return next(found for found in report.items if found.id == item)


def immortal(client: redis.Redis) -> None:
    client.set("user:7", "x")


def churn(client: redis.Redis) -> None:
    client.config_resetstat()
    for _ in range(300):  # with what redis-py sends by itself, of which Redis 7.2 counts more
        with redis_patterns.connect(f"unix://{client.connection_pool.connection_kwargs['path']}") as short:
            for _ in range(4):
                short.ping()


def setnx(client: redis.Redis) -> None:
    client.execute_command("SETNX", "once:7", "x")


def same_second(client: redis.Redis) -> None:
    client.config_set("maxmemory", "200mb")
    batch = client.pipeline(transaction=False)
    for number in range(100):
        batch.set(f"page:{number}", "x", ex=60)
    batch.execute()


def counter(client: redis.Redis) -> None:
    client.incr("ratelimit:10.0.0.7")


def tokenless(client: redis.Redis) -> None:
    client.set("lock:orders", "1", ex=30)


def evicting(client: redis.Redis) -> None:
    client.config_set("maxmemory-policy", "allkeys-lru")


def slow(client: redis.Redis) -> None:
    client.config_set("slowlog-log-slower-than", 0)
    client.keys("nothing:*")
    client.config_set("slowlog-log-slower-than", 10_000)


def cut(client: redis.Redis) -> None:
    client.client_kill_filter(_type="pubsub")


def stuck(client: redis.Redis) -> None:
    client.xreadgroup("work", "one", {"events:{created}": ">"})
    entry = client.execute_command("XRANGE", "events:{created}", "-", "+")[0][0]
    client.execute_command("XCLAIM", "events:{created}", "work", "one", 0, entry, "IDLE", 600_000)


def session(client: redis.Redis) -> None:
    client.set("session:6f1c2a34-0b1d-4e5f-8a9b-0c1d2e3f4a5b", "x", ex=60)


def odd(client: redis.Redis) -> None:
    client.set("what is this", "x", ex=60)


PROVOKED: dict[str, tuple[Callable[[redis.Redis], None], str]] = {
    "ttl": (immortal, "ttl.strings"),
    "pooling": (churn, "pooling.churn"),
    "scripts": (setnx, "scripts.setnx"),
    "stampede": (same_second, "stampede.same_second"),
    "limiter": (counter, "limiter.permanent"),
    "locks": (tokenless, "locks.no_token"),
    "memory": (evicting, "memory.evicts_coordination"),
    "slowlog": (slow, "slowlog.heavy"),
    "subscribers": (cut, "subscribers.missing"),
    "streams": (stuck, "streams.stuck"),
    "sensitive": (session, "sensitive.session"),
    "naming": (odd, "naming.grammar"),
}


def test_every_item_has_its_provocation() -> None:
    assert list(PROVOKED) == ITEMS


def test_a_server_that_does_as_the_checklist_asks_is_ok_in_all_twelve() -> None:
    with healthy() as (_, client):
        report = calm(client)
        assert {item.id: (item.status, [f.says for f in item.findings]) for item in report.items} == {
            item: ("ok", []) for item in ITEMS
        }
        assert report.exit_code("unknown") == 0
        assert report.sample["complete"]


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_is_found_where_it_is_provoked(item: str) -> None:
    provoke, finding = PROVOKED[item]
    with healthy() as (_, client):
        assert the(calm(client, item), item).status == "ok"
        provoke(client)
        found = the(examine(client, item), item)
    assert finding in [one.id for one in found.findings], found
    assert found.status in ("warning", "critical")
    for one in found.findings:
        assert one.evidence
        assert one.reason
        assert one.fix
        assert one.cost


def test_an_item_shows_what_it_cost() -> None:
    with healthy() as (_, client):
        before = int(client.info("stats")["total_commands_processed"])
        report = examine(client)
        after = int(client.info("stats")["total_commands_processed"])
    assert all(item.commands > 0 for item in report.items)
    # Between the two looks stands the second INFO, and the login of the report's own connection at most.
    assert 0 <= after - before - 1 - report.cost["commands"] <= 3


def test_templates_are_counted_with_role_types_and_memory() -> None:
    with healthy() as (_, client):
        for number in range(5):
            client.set(f"user:{number}:name", "x" * 100)
        found = {template.template: template for template in examine(client).templates}
    users, lock = found["user:<id>:name"], found["lock:{<name>}:fence"]
    assert (users.keys, users.role, users.library, users.types, users.without_ttl) == (
        5,
        "other",
        False,
        ("string",),
        5,
    )
    assert users.memory_keys == 5
    assert users.memory_bytes > 500
    assert (lock.role, lock.library, lock.without_ttl) == ("coordination", True, 0)


def test_keys_and_time_are_bounded() -> None:
    with healthy() as (_, client):
        batch = client.pipeline(transaction=False)
        for number in range(5000):
            batch.set(f"user:{number}", "x", ex=60)
        batch.execute()
        few = Doctor(client, max_keys=700).examine()
        assert few.sample["sampled"] == 700
        assert not few.sample["complete"]
        assert the(few, "streams").status in ("ok", "unknown")
        hasty = Doctor(client, max_time=0.001).examine()
        assert hasty.sample["sampled"] < 5000
        assert Doctor(client).examine().sample["complete"]
