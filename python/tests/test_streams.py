"""Streams with threads, and what the producer promises."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conftest import Server
from redis_patterns import MessageStream, RedisError, StreamConsumer, StreamMessage, StreamReject, connect
from redis_patterns.script import load
from redis_patterns.streams import calls
from waiting import until


@contextmanager
def working(
    client: Any, namespace: str, handler: Callable[[StreamMessage], None], **options: Any
) -> Iterator[StreamConsumer]:
    """A consumer that runs in a thread while the scope lasts."""
    given = {"wait": 0.05, "backoff": 0.02, **options}
    consumer = StreamConsumer(client, "x", "g", namespace=namespace, **given)
    thread = threading.Thread(target=consumer.run, args=[handler])
    thread.start()
    try:
        yield consumer
    finally:
        consumer.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_every_message_is_handled_once_with_threads(server: Server, namespace: str) -> None:
    client = connect(server.url)
    stream = MessageStream(client, "x", namespace=namespace)
    for number in range(30):
        stream.add({"n": str(number)})
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    def handler(message: StreamMessage) -> None:
        with lock:
            seen[message.text("n")] += 1

    with working(client, namespace, handler) as consumer:
        until(lambda: consumer.stats.acked == 30)
    assert seen == Counter(str(n) for n in range(30))
    client.close()


def test_failures_are_tried_again_and_rejects_are_buried_with_threads(server: Server, namespace: str) -> None:
    client = connect(server.url)
    stream = MessageStream(client, "x", namespace=namespace)
    stream.add({"n": "fails once"})
    stream.add({"n": "never"})

    def handler(message: StreamMessage) -> None:
        if message.text("n") == "never":
            raise StreamReject("no")
        if message.deliveries == 1:
            raise ValueError

    with working(client, namespace, handler) as consumer:
        until(lambda: consumer.stats.acked == 1 and consumer.stats.buried == 1)
        assert consumer.stats.retried == 1
    assert [letter.reason for letter in stream.dead_letters()] == ["rejected"]
    client.close()


def test_a_stop_waits_for_threads_and_leaves_nothing_pending(server: Server, client: Any, namespace: str) -> None:
    redis = connect(server.url)
    stream = MessageStream(redis, "x", namespace=namespace)
    for number in range(6):
        stream.add({"n": str(number)})
    go, inside = threading.Event(), threading.Semaphore(0)

    def handler(message: StreamMessage) -> None:
        inside.release()
        go.wait(20)

    with working(redis, namespace, handler, concurrency=2) as consumer:
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        consumer.stop()
        go.set()
    assert consumer.stats.acked == 2
    key = f"{namespace}:stream:{{x}}"
    assert client.xpending(key, "g")["pending"] == 0
    assert client.xinfo_consumers(key, "g") == []
    redis.close()


def test_a_client_with_a_short_timeout_may_still_wait_for_messages(server: Server, namespace: str) -> None:
    client = connect(server.url, timeout=0.2)
    seen = threading.Event()
    with working(client, namespace, lambda _: seen.set(), wait=1.0) as consumer:
        until(lambda: consumer.stats.last_read is not None)  # one read found nothing, for longer than the timeout
        MessageStream(client, "x", namespace=namespace).add({"n": "1"})
        assert seen.wait(10)
        assert consumer.stats.reconnects == 0
    client.close()


def test_each_operation_is_one_call_by_the_servers_own_count(own_server: Server) -> None:
    client, watch = connect(own_server.url), own_server.client()
    stream = MessageStream(client, "x")

    def sent(*names: str) -> int:
        stats = watch.info("commandstats")
        return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in names)

    operations: list[Callable[[], object]] = [
        lambda: stream.add({"n": "1"}),
        lambda: stream.add({"n": "1"}, request="r"),
        lambda: stream.lag("g"),
        lambda: stream.revive("1-0"),
    ]
    for operation in operations:
        operation()  # so that the server knows the script
        before = sent("evalsha", "eval")
        operation()
        assert sent("evalsha", "eval") == before + 1
    before = sent("xrange")
    stream.dead_letters()
    assert sent("xrange") == before + 1
    client.close()


def test_an_append_cuts_the_stream_to_its_length_and_its_age(own_server: Server) -> None:
    client = connect(own_server.url)
    client.config_set("stream-node-max-entries", 1)  # so that cutting is exact
    stream = MessageStream(client, "x", max_length=3)
    for number in range(10):
        stream.add({"n": str(number)})
    assert client.xlen("stream:{x}") == 3
    keys = calls.Keys.of("x")
    now = 4_102_444_800_000_000
    for at in (0, 1_000_000, 2_000_000):
        call = calls.add(keys, {"n": "1"}, length=0, keep_us=1_500_000).at(now + at)
        client.execute_command(*call.eval)
    entries: Any = client.xrange("stream:{x}")
    assert [entry.decode() for entry, _ in entries] == [f"{now // 1000 + ms}-0" for ms in (1000, 2000)]
    client.close()


def test_lag_is_right_where_the_servers_own_is_not(client: Any, server: Server, namespace: str) -> None:
    redis = connect(server.url)
    stream = MessageStream(redis, "x", namespace=namespace)
    ids = [stream.add({"n": str(number)}).id for number in range(10)]
    key = f"{namespace}:stream:{{x}}"
    client.xgroup_create(key, "g", ids[3])
    client.xdel(key, ids[5])
    lag = stream.lag("g")
    assert lag is not None
    assert (lag.unread, lag.exact, lag.pending) == (5, True, 0)
    assert client.xinfo_groups(key)[0].get("lag") != 5  # the control: null or wrong
    bounded = stream.lag("g", most=2)
    assert bounded is not None
    assert (bounded.unread, bounded.exact) == (2, False)
    redis.close()


def test_wrong_arguments_are_refused_before_anything_is_sent(server: Server) -> None:
    client = connect(server.url)
    stream = MessageStream(client, "x")
    wrong: list[Any] = [{}, {"": "1"}, {"a": 1}, {"a\ud800": "1"}]
    for fields in wrong:
        with pytest.raises(RedisError, match="ARGUMENT"):
            stream.add(fields)
    with pytest.raises(RedisError, match="ARGUMENT"):
        StreamConsumer(client, "x", "g:1")
    client.close()


def test_leaving_gives_back_what_lives_behind_what_was_trimmed(own_server: Server) -> None:
    client: Any = own_server.client()
    client.xgroup_create("stream:{x}", "g", "0", mkstream=True)
    for number in range(1, 151):
        client.xadd("stream:{x}", {"n": "1"}, id=f"{number}-1")
    client.xreadgroup("g", "a", {"stream:{x}": ">"}, count=150)
    client.xdel("stream:{x}", *(f"{number}-1" for number in range(1, 101)))
    call = calls.leave(calls.Keys.of("x"), group="g", consumer="a", idle_us=1_000_000)
    assert client.execute_command(*call.eval) == [b"left", 50]
    assert {entry["consumer"] for entry in client.xpending_range("stream:{x}", "g", "-", "+", 150)} == {
        b"a",
        b":waiting",
    }
    assert len(client.xpending_range("stream:{x}", "g", "-", "+", 150, consumername="a")) == 100
    client.close()


def test_a_consumers_own_messages_are_claimed_when_memory_is_full(own_server: Server) -> None:
    client: Any = own_server.client()
    client.xgroup_create("stream:{x}", "g", "0", mkstream=True)
    for number in (1, 2):
        client.xadd("stream:{x}", {"n": "1"}, id=f"{number}-1")
    client.xreadgroup("g", "a", {"stream:{x}": ">"}, count=2)
    client.xdel("stream:{x}", "1-1")
    client.config_set("maxmemory", 1)
    claim = load("stream_claim").source
    words = ("stream:{x}", "stream:{x}:dead", "g", "a", "own", "a", "0-0", 1_000_000, 10, 3, 100, 0)
    reply = client.execute_command("EVAL", claim, 2, *words)
    assert reply[:4] == [b"claimed", b"0-0", 0, 1]
    assert [message[0] for message in reply[4:]] == [b"2-1"]
    assert client.pttl("stream:{x}:dead") > 0
    client.close()
