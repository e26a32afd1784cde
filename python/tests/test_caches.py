"""The cache for threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
from conftest import Server
from redis_patterns import ABSENT, BYTES, JSON, TEXT, Cache, CacheError, Hit, Miss, Negative
from redis_patterns._arguments import LONGEST_US
from redis_patterns.caching.entry import Entry
from redis_patterns.caching.options import drawn_ttl_us
from waiting import until


def failing() -> str:
    raise OSError("the source is down")


def test_a_value_is_loaded_once_and_then_served(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=JSON, namespace=namespace)
    assert cache.get("k") == Miss()
    assert cache.get_or_load("k", lambda: {"b": [1, None], "a": "ü"}) == {"b": [1, None], "a": "ü"}
    assert cache.get_or_load("k", failing) == {"b": [1, None], "a": "ü"}
    assert cache.get("k") == Hit({"b": [1, None], "a": "ü"})
    stored = Entry.decode(client.get(f"{namespace}:cache:{{k}}"))
    assert stored is not None
    assert (stored.payload, stored.codec) == ('{"a":"ü","b":[1,null]}'.encode(), 2)
    assert cache.delete("k")
    assert not cache.delete("k")
    assert cache.get("k") == Miss()


def test_absence_is_cached_under_its_own_time(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, ttl=60.0, negative_ttl=5.0)
    assert cache.get_or_load("k", lambda: ABSENT) is ABSENT
    assert cache.get("k") == Negative()
    assert cache.get_or_load("k", failing) is ABSENT
    assert client.pttl(f"{namespace}:cache:{{k}}") <= 5_002
    cache.delete("k")
    assert cache.get_or_load("k", lambda: "now there") == "now there"


def test_the_time_to_live_is_spread(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, ttl=100.0, jitter=0.1)
    for number in range(40):
        cache.get_or_load(str(number), lambda: "v")
    lives = [client.pttl(f"{namespace}:cache:{{{number}}}") for number in range(40)]
    assert min(lives) > 89_000
    assert max(lives) < 110_010
    assert max(lives) - min(lives) > 5_000


def test_no_life_is_drawn_that_a_script_refuses() -> None:
    for _ in range(200):
        assert 500 * LONGEST_US <= 1000 * drawn_ttl_us(LONGEST_US, 0.5) <= 1000 * LONGEST_US
        assert 1000 <= drawn_ttl_us(1000, 0.5) <= 1500


def test_threads_of_one_process_load_once(client: Any, server: Server, namespace: str) -> None:
    loads = []

    def load() -> bytes:
        loads.append(threading.get_ident())
        until(lambda: asked.n >= 8)
        return b"v"

    class asked:  # noqa: N801
        n = 0

    with patterns.connect(server.url) as shared, ThreadPoolExecutor(8) as pool:
        cache = Cache(shared, codec=BYTES, namespace=namespace)

        def ask(_: int) -> bytes | patterns.Absent:
            asked.n += 1
            return cache.get_or_load("k", load)

        assert set(pool.map(ask, range(8))) == {b"v"}
    assert len(loads) == 1


def test_processes_of_a_fleet_load_once(server: Server, namespace: str) -> None:
    loads = []
    clients = [server.client() for _ in range(6)]
    caches = [Cache(client, codec=TEXT, namespace=namespace) for client in clients]

    def load() -> str:
        loads.append(1)
        time.sleep(0.1)
        return "v"

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda cache: cache.get_or_load("k", load), caches)) == {"v"}
    assert len(loads) == 1
    for client in clients:
        client.close()


def test_a_slow_loader_keeps_its_lease(client: Any, server: Server, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, lease=0.2)
    loading = threading.Event()

    def slow() -> str:
        loading.set()
        time.sleep(0.7)
        return "slow"

    with ThreadPoolExecutor(1) as pool, server.client() as own:
        first = pool.submit(cache.get_or_load, "k", slow)
        loading.wait(5)
        other = Cache(own, codec=TEXT, namespace=namespace, lease=0.2)
        assert other.get_or_load("k", failing) == "slow"
        assert first.result(5) == "slow"


def test_a_dead_loader_is_replaced_when_its_lease_ends(client: Any, namespace: str) -> None:
    client.set(f"{namespace}:cache:{{k}}:lease", f"L {int((time.time() + 0.3) * 1e6)} 300000 dead", px=300)
    cache = Cache(client, codec=TEXT, namespace=namespace)
    started = time.monotonic()
    assert cache.get_or_load("k", lambda: "v") == "v"
    assert 0.1 < time.monotonic() - started < 3


def test_waiting_for_another_load_ends(client: Any, namespace: str) -> None:
    client.set(f"{namespace}:cache:{{k}}:lease", f"L {int((time.time() + 60) * 1e6)} 60000000 slow", px=60_000)
    cache = Cache(client, codec=TEXT, namespace=namespace, wait=0.2)
    with pytest.raises(CacheError, match="CACHEWAIT"):
        cache.get_or_load("k", lambda: "v")


def test_waiting_for_a_load_of_this_process_ends_too(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, wait=0.2)
    loading, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        loading.set()
        go_on.wait(20)
        return "v"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get_or_load, "k", slow)
        loading.wait(5)
        with pytest.raises(CacheError, match="CACHEWAIT"):
            cache.get_or_load("k", failing)
        go_on.set()
        assert first.result(5) == "v"


def test_after_a_failed_load_the_fleet_leaves_the_source_alone(client: Any, server: Server, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, backoff=5.0)
    with pytest.raises(OSError, match="the source is down"):
        cache.get_or_load("k", failing)
    with server.client() as own:
        other = Cache(own, codec=TEXT, namespace=namespace)
        with pytest.raises(CacheError, match="CACHEBACKOFF") as caught:
            other.get_or_load("k", lambda: "v")
    assert timedelta(seconds=3) < caught.value.retry_after <= timedelta(seconds=5)
    cache.delete("k")
    assert cache.get_or_load("k", lambda: "v") == "v"


def test_a_stale_value_is_served_while_loading_fails(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, ttl=0.05, grace=60.0, backoff=30.0)
    cache.get_or_load("k", lambda: "old")
    until(lambda: cache.get("k") == Miss())
    asked: list[None] = []

    def asked_and_failing() -> str:
        asked.append(None)
        return failing()

    def answered() -> bool:
        assert cache.get_or_load("k", asked_and_failing) == "old"
        return bool(asked)

    until(answered)  # the client takes it for stale two milliseconds before the server does
    assert cache.get_or_load("k", lambda: "new") == "old"  # in the back-off


def test_a_stale_value_is_served_while_another_loads(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace, ttl=0.05, grace=60.0)
    cache.get_or_load("k", lambda: "old")
    until(lambda: cache.get("k") == Miss())
    client.set(f"{namespace}:cache:{{k}}:lease", f"L {int((time.time() + 60) * 1e6)} 60000000 other", px=60_000)
    assert cache.get_or_load("k", failing) == "old"


def test_a_delete_voids_the_load_under_way(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)

    def load() -> str:
        cache.delete("k")
        return "read before the delete"

    assert cache.get_or_load("k", load) == "read before the delete"
    assert cache.get("k") == Miss()


def test_in_a_hold_off_nothing_is_cached(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=TEXT, namespace=namespace)
    cache.delete("k", holdoff=30.0)
    assert cache.get_or_load("k", lambda: "lagging") == "lagging"
    assert cache.get("k") == Miss()


def test_another_codec_is_an_error_and_another_layout_a_miss(client: Any, namespace: str) -> None:
    Cache(client, codec=TEXT, namespace=namespace).get_or_load("k", lambda: "text")
    with pytest.raises(CacheError, match="CACHECODEC"):
        Cache(client, codec=JSON, namespace=namespace).get("k")
    client.set(f"{namespace}:cache:{{k}}", "something else altogether, and long enough", ex=60)
    assert Cache(client, codec=TEXT, namespace=namespace).get("k") == Miss()
    assert Cache(client, codec=TEXT, namespace=namespace).get_or_load("k", lambda: "ours") == "ours"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"x": float("-inf")}, b"bytes", object()])
def test_what_json_cannot_say_is_refused_and_the_lease_given_back(client: Any, namespace: str, value: Any) -> None:
    cache = Cache(client, codec=JSON, namespace=namespace)
    with pytest.raises(CacheError) as caught:
        cache.get_or_load("k", lambda: value)
    assert caught.value.code == CacheError.CODEC
    assert client.exists(f"{namespace}:cache:{{k}}:lease") == 0


def test_a_damaged_entry_is_a_codec_error(client: Any, namespace: str) -> None:
    cache = Cache(client, codec=JSON, namespace=namespace)
    for payload in (b"{", b"NaN", b"\xff", b"[" * 100_000):
        client.set(f"{namespace}:cache:{{k}}", Entry(payload, codec=2, fresh_until_us=2**52).encode(), ex=60)
        with pytest.raises(CacheError, match="CACHECODEC"):
            cache.get("k")
