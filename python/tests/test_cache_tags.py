"""Values that are invalidated together, by one key for each tag."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

import redis_patterns as patterns
from conftest import Server
from redis_patterns import ABSENT, TEXT, Cache, Hit, Miss, Negative, Versioned
from redis_patterns.caching.entry import Entry
from redis_patterns.errors import RedisError


def test_a_tag_takes_all_its_values_with_it(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, grace=30.0, refresh="background")
    for key in ("1", "2"):
        assert cache.get_or_load(key, lambda: "old", tags=["red", "all"]) == "old"
    assert cache.get_or_load("3", lambda: ABSENT, tags=["all"]) is ABSENT
    assert cache.get_or_load("4", lambda: "untagged") == "untagged"
    assert cache.delete_tag("red")
    assert not cache.delete_tag("red")
    assert cache.get_many(list("1234")) == {"1": Miss(), "2": Miss(), "3": Negative(), "4": Hit("untagged")}
    # Not even as a stale value, although the grace has not passed.
    assert cache.get_or_load("1", lambda: "new", tags=["red", "all"]) == "new"
    assert cache.delete_tag("all")
    assert cache.get_many(list("1234")) == {"1": Miss(), "2": Miss(), "3": Miss(), "4": Hit("untagged")}


def test_a_soft_delete_of_a_tag_leaves_its_values_to_be_served(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, grace=30.0, refresh="background")
    cache.get_or_load("k", lambda: "old", tags=["t"])
    assert cache.mark_tag_stale("t")
    assert cache.get("k") == Miss()
    assert cache.get_or_load("k", lambda: "new", tags=["t"]) == "old"
    assert cache.drain()
    assert cache.get("k") == Hit("new")
    assert not cache.mark_tag_stale("another")


def test_a_tag_deleted_during_a_load_is_not_undone_by_it(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)

    def load() -> str:
        cache.delete_tag("t")
        return "read before"

    assert cache.get_or_load("k", load, tags=["t"]) == "read before"
    assert cache.get("k") == Miss()


def test_a_tag_deleted_while_a_writer_commits_is_not_undone_by_it(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)

    def write() -> Versioned[str]:
        cache.delete_tag("t")
        return Versioned("joined with what the tag stands for")

    cache.write_through("k", write, tags=["t"])
    assert cache.get("k") == Miss()
    cache.put("k", "v", tags=["t"])
    assert cache.get("k", tags=["t"]) == Hit("v")
    cache.delete_tag("t")
    assert cache.get("k", tags=["t"]) == Miss()


def test_a_tag_that_was_evicted_costs_a_load_and_no_more(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    cache.get_or_load("k", lambda: "old", tags=["t"])
    client.delete(f"{namespace}:cachetag:{{t}}")
    assert cache.get("k") == Miss()
    assert cache.get_or_load("k", lambda: "new", tags=["t"]) == "new"


def test_a_tag_outlives_every_value_that_carries_it(client: Any, namespace: str) -> None:
    short = Cache(client, codec=TEXT, namespace=namespace, ttl=1.0)
    long = Cache(client, codec=TEXT, namespace=namespace, ttl=600.0, grace=60.0)
    for at, cache in enumerate((short, long, short)):
        cache.get_or_load(str(at), lambda: "v", tags=["t"])
        assert client.pttl(f"{namespace}:cachetag:{{t}}") > client.pttl(f"{namespace}:cache:{{{at}}}") + 30_000


def test_a_named_tag_costs_no_round_trip_and_one_that_is_not_named_one(own_server: Server, namespace: str) -> None:
    class Counting:
        trips = 0

    with own_server.client() as client:
        cache = Cache(client, codec=TEXT, namespace=namespace)
        plain = client.pipeline

        def counting(*words: Any, **options: Any) -> Any:
            Counting.trips += 1
            return plain(*words, **options)

        cache.get_or_load("k", lambda: "v", tags=["a", "b"])
        client.pipeline = counting
        assert cache.get("k", tags=["a", "b", "c"]) == Hit("v")
        assert Counting.trips == 1
        assert cache.get("k") == Hit("v")
        assert Counting.trips == 3
        client.config_resetstat()
        cache.delete_tag("a")
        cache.mark_tag_stale("b")
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == 2


@pytest.mark.parametrize("tags", [[""], ["x" * 513], [str(number) for number in range(17)]])
def test_tags_that_no_header_holds_are_refused_and_the_lease_given_back(
    client: Any, namespace: str, tags: list[str]
) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    with pytest.raises(RedisError, match="ARGUMENT"):
        cache.get_or_load("k", lambda: "v", tags=tags)
    assert client.exists(f"{namespace}:cache:{{k}}:lease") == 0


def test_with_a_full_memory_tags_are_invalidated_all_the_same(own_server: Server, namespace: str) -> None:
    with own_server.client() as client:
        cache = Cache(client, codec=TEXT, namespace=namespace)
        cache.get_or_load("1", lambda: "v", tags=["a"])
        cache.get_or_load("2", lambda: "v", tags=["b"])
        client.config_set("maxmemory", 1)
        assert cache.delete_tag("a")
        assert cache.mark_tag_stale("b")
        assert cache.get_many(list("12")) == {"1": Miss(), "2": Miss()}


def test_in_a_cluster_no_command_touches_two_slots(namespace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if port > 55_000:  # the bus takes the port 10,000 above
        port -= 10_000
    server = Server("--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes")
    try:
        with patterns.connect(server.url) as client:
            client.execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
            end = time.monotonic() + 20
            while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
                assert time.monotonic() < end
                time.sleep(0.05)
            cache = Cache(client, codec=TEXT, namespace=namespace)
            tags = [f"t{number}" for number in range(16)]
            assert cache.get_or_load("k", lambda: "v", tags=tags) == "v"
            assert cache.get("k", tags=tags) == Hit("v")
            assert cache.mark_tag_stale("t3")
            assert cache.delete_tag("t7")
            assert cache.get_many(["k", "l", "m"]) == {"k": Miss(), "l": Miss(), "m": Miss()}
            cache.write_through("k", lambda: Versioned("w", 2), tags=tags)
            assert cache.get_many(["k", "l"], tags=tags) == {"k": Hit("w"), "l": Miss()}
            stored = Entry.decode(client.get(f"{namespace}:cache:{{k}}") or b"")
            assert stored is not None
            assert [tag.name for tag in stored.tags] == sorted(tags)
    finally:
        server.stop()
