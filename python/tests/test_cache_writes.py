"""What is written to the source and to the cache: puts, versions, writing through; and reading many at once."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Server
from redis_patterns import ABSENT, JSON, TEXT, Cache, Hit, Miss, Negative, Versioned
from redis_patterns.errors import Code, RedisError


def test_what_is_put_is_read_and_voids_the_load_under_way(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)

    def load() -> str:
        cache.put("k", "written meanwhile")
        return "read before"

    assert cache.get_or_load("k", load) == "read before"
    assert cache.get("k") == Hit("written meanwhile")
    assert cache.put("k", ABSENT)
    assert cache.get("k") == Negative()


def test_the_newest_version_stays_in_whatever_order_puts_arrive(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    assert cache.put("k", "two", version=2)
    assert not cache.put("k", "one", version=1)
    assert cache.get("k") == Hit("two")
    assert not cache.delete("k", version=1)
    assert cache.delete("k", version=3)
    assert not cache.put("k", "two", version=2)
    assert cache.get_or_load_versioned("k", lambda: Versioned("two", 2)) == "two"
    assert cache.get("k") == Miss()
    assert cache.get_or_load_versioned("k", lambda: Versioned("three", 3)) == "three"
    assert cache.get("k") == Hit("three")


def test_writing_through_leaves_the_new_value_and_nothing_old_while_it_runs(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    cache.put("k", "old", version=1)

    def write() -> Versioned[str]:
        assert cache.get("k") == Miss()
        assert cache.get_or_load("k", lambda: "old") == "old"  # somebody reads what is not committed yet
        assert cache.get("k") == Miss()
        return Versioned("new", 2)

    assert cache.write_through("k", write) == "new"
    assert cache.get("k") == Hit("new")


@pytest.mark.parametrize("end", [OSError, KeyboardInterrupt])
def test_a_write_that_fails_or_dies_before_it_is_cached_leaves_nothing_old(
    client: Any, namespace: str, end: type[BaseException]
) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    cache.put("k", "old")

    def dies() -> Versioned[str]:
        raise end

    with pytest.raises(end):
        cache.write_through("k", dies)
    assert cache.get("k") == Miss()
    # The hold-off is still in force: what others load now is not kept.
    assert Cache(client, codec=TEXT, namespace=namespace).get_or_load("k", lambda: "perhaps old") == "perhaps old"
    assert cache.get("k") == Miss()


def test_many_keys_are_read_in_one_go(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    cache.put("1", "Ada")
    cache.put("2", ABSENT)
    assert cache.get_many(["1", "2", "3", "1"]) == {"1": Hit("Ada"), "2": Negative(), "3": Miss()}
    assert cache.get_many([]) == {}


def test_each_operation_takes_the_round_trips_that_are_promised(own_server: Server, namespace: str) -> None:
    with own_server.client() as client:
        cache = Cache(client, codec=TEXT, namespace=namespace)

        def commands(work: Any) -> dict[str, int]:
            client.config_resetstat()
            work()
            found = client.info("commandstats")
            return {
                name.removeprefix("cmdstat_"): stat["calls"]
                for name, stat in found.items()
                if name.startswith(("cmdstat_eval", "cmdstat_pttl"))
            }

        for _ in range(2):  # the first time the server learns the scripts
            cache.put("k", "v")
            cache.mark_stale("k")
            cache.delete("k")
        assert commands(lambda: cache.put("k", "v")) == {"evalsha": 1}
        assert commands(lambda: cache.get_many(["k", "l", "m"])) == {"pttl": 3}
        assert commands(lambda: cache.mark_stale("k")) == {"evalsha": 1}
        assert commands(lambda: cache.delete("k", version=3)) == {"evalsha": 1}
        assert commands(lambda: cache.write_through("k", lambda: Versioned("v", 4))) == {"evalsha": 2}


def test_with_a_full_memory_a_put_is_refused_and_the_old_value_gone(own_server: Server, namespace: str) -> None:
    with own_server.client() as client:
        cache = Cache(client, codec=TEXT, namespace=namespace, grace=30.0)
        cache.put("1", "old")
        cache.put("2", "old")
        cache.put("3", "old", version=1)
        client.config_set("maxmemory", 1)
        with pytest.raises(RedisError) as caught:
            cache.put("1", "new")
        assert caught.value.code is Code.OUT_OF_MEMORY
        assert cache.get("1") == Miss()
        assert cache.mark_stale("2", holdoff=5.0)
        assert cache.get("2") == Miss()
        assert cache.delete("3", version=2)
        client.config_set("maxmemory", 0)
        assert not cache.put("3", "late", version=1)


@pytest.mark.parametrize("version", [-1, 2**64, True, 1.0, "1"])
def test_a_version_that_no_header_holds_is_refused(client: Any, namespace: str, version: Any) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    with pytest.raises(RedisError, match="ARGUMENT"):
        cache.put("k", "v", version=version)
    with pytest.raises(RedisError, match="ARGUMENT"):
        cache.delete("k", version=version)


@pytest.mark.parametrize(
    "value",
    [
        {1: "a"},
        {None: 1},
        {"a": {True: 1}},
        2**63,
        [-(2**63) - 1],
        "\ud800",
        {"\udc00": 1},
        {"\u00e9": 1, "e\u0301": 2},
    ],
)
def test_what_another_language_could_not_read_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        JSON.encode(value)
