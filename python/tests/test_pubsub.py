"""Publisher and subscriber, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
import redis

import redis_patterns.aio as patterns
from conftest import Server
from redis_patterns import (
    BYTES,
    JSON,
    TEXT,
    Code,
    Gap,
    Message,
    Publisher,
    PubSubError,
    RedisError,
    Subscriber,
    Undecodable,
    connect,
    literal,
)
from waiting import until


def evalshas(client: redis.Redis) -> int:
    return int(client.info("commandstats")["cmdstat_evalsha"]["calls"])


def test_what_is_published_after_opening_arrives_in_order(client: Any, namespace: str) -> None:
    publisher = Publisher(client, "a", codec=TEXT, namespace=namespace)
    publisher.publish("before")
    with Subscriber(client, ["a"], codec=TEXT, namespace=namespace) as subscriber:
        for number in range(100):
            published = publisher.publish(str(number))
            assert (published.sequence, published.receivers) == (number + 2, 1)
        for number in range(100):
            event = subscriber.next(timeout=5)
            assert isinstance(event, Message)
            assert (event.value, event.channel, event.sequence) == (str(number), "a", number + 2)
        assert subscriber.next(timeout=0.01) is None
    assert list(subscriber) == []
    with pytest.raises(RedisError, match="opened once"), subscriber:
        pass


def test_the_same_for_asyncio(server: Server, namespace: str) -> None:
    async def main() -> None:
        async with patterns.connect(server.url) as client:
            publisher = patterns.Publisher(client, "a", codec=JSON, namespace=namespace)
            subscriber = patterns.Subscriber(client, ["a"], codec=JSON, namespace=namespace)
            async with subscriber:
                for number in range(20):
                    assert (await publisher.publish({"n": number})).sequence == number + 1
                got = []
                async for event in subscriber:
                    got.append(event)
                    if len(got) == 20:
                        break
                assert [event.value["n"] for event in got if isinstance(event, Message)] == list(range(20))
                # A cancelled reader leaves the subscription as it was.
                reader = asyncio.ensure_future(subscriber.next())
                await asyncio.sleep(0.01)
                reader.cancel()
                await asyncio.wait({reader})
                await publisher.publish("after")
                assert isinstance(await subscriber.next(timeout=5), Message)
            assert await subscriber.next() is None
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_opening_returns_when_all_is_confirmed_and_closing_leaves_nothing(client: Any, namespace: str) -> None:
    wire = [f"{namespace}:channel:{{a}}", f"{namespace}:channel:{{b}}"]
    patterns_before, threads = client.pubsub_numpat(), threading.active_count()
    with Subscriber(client, ["a", "b"], patterns=["c.*"], codec=TEXT, namespace=namespace):
        assert client.pubsub_numsub(*wire) == [(wire[0].encode(), 1), (wire[1].encode(), 1)]
        assert client.pubsub_numpat() == patterns_before + 1
    until(lambda: client.pubsub_numsub(*wire) == [(wire[0].encode(), 0), (wire[1].encode(), 0)])
    until(lambda: threading.active_count() == threads)


def test_a_pattern_matches_names_and_a_literal_one_only_itself(client: Any, namespace: str) -> None:
    both = Subscriber(client, patterns=["x[*].?", literal("x[*].?")], codec=TEXT, namespace=namespace)
    with both:
        Publisher(client, "x*.1", codec=TEXT, namespace=namespace).publish("by the first")
        Publisher(client, "x[*].?", codec=TEXT, namespace=namespace).publish("by the second")
        Publisher(client, "x[*].?", codec=TEXT, namespace=f"{namespace}-other").publish("by none")
        events = [both.next(timeout=5), both.next(timeout=5)]
        assert both.next(timeout=0.05) is None
    assert [(event.channel, event.value) for event in events if isinstance(event, Message)] == [
        ("x*.1", "by the first"),
        ("x[*].?", "by the second"),
    ]


def test_a_namespace_with_stars_matches_itself_only(client: Any, namespace: str) -> None:
    with Subscriber(client, patterns=["*"], codec=TEXT, namespace=f"{namespace}*") as subscriber:
        Publisher(client, "a", codec=TEXT, namespace=f"{namespace}x").publish("another's")
        Publisher(client, "a", codec=TEXT, namespace=f"{namespace}*").publish("ours")
        event = subscriber.next(timeout=5)
        assert isinstance(event, Message)
        assert event.value == "ours"


def test_what_cannot_be_decoded_is_told_and_the_next_is_read(client: Any, namespace: str) -> None:
    with Subscriber(client, ["a"], codec=JSON, namespace=namespace) as subscriber:
        client.publish(f"{namespace}:channel:{{a}}", "{}")
        Publisher(client, "a", codec=BYTES, namespace=namespace).publish(b"\xff")
        Publisher(client, "a", codec=JSON, namespace=namespace).publish([1])
        events = [subscriber.next(timeout=5) for _ in range(3)]
    assert [type(event) for event in events] == [Undecodable, Undecodable, Message]


def test_an_operation_costs_one_round_trip(own_server: Server) -> None:
    client = connect(own_server.url)
    publisher = Publisher(client, "a", codec=TEXT)
    publisher.publish("x")
    before = evalshas(client)
    publisher.publish("y")
    assert evalshas(client) == before + 1
    with Subscriber(client, ["a", "b"], codec=TEXT):  # one question a channel
        assert evalshas(client) == before + 3
        stats = client.info("commandstats")
        assert stats["cmdstat_subscribe"]["calls"] == 1


def test_publishing_works_when_the_memory_is_full(own_server: Server) -> None:
    client = connect(own_server.url)
    publisher = Publisher(client, "a", codec=TEXT)
    client.config_set("maxmemory", 1)
    assert publisher.publish("first").sequence == 1
    with Subscriber(client, ["a", "b"], codec=TEXT) as subscriber:
        publisher.publish("second")
        event = subscriber.next(timeout=5)
        assert isinstance(event, Message)
        assert event.sequence == 2
    assert 0 < client.pttl("channel:{a}") <= 86_400_002


def test_a_subscription_that_may_not_be_is_an_error_at_opening(own_server: Server) -> None:
    own_server.client().execute_command("ACL", "SETUSER", "r", "on", "nopass", "+@all", "~*", "resetchannels", "&open")
    client = connect(own_server.url, username="r", password="")
    with pytest.raises(RedisError) as refused, Subscriber(client, ["closed"], codec=TEXT):
        pass
    assert refused.value.code is Code.PERMISSION
    own_server.client().execute_command("ACL", "SETUSER", "r", "&*", "resetkeys")
    with pytest.raises(RedisError) as refused, Subscriber(client, ["a"], codec=TEXT):
        pass
    assert refused.value.code is Code.PERMISSION


def test_a_subscription_that_is_not_renewed_ends_with_a_reason(own_server: Server) -> None:
    admin = own_server.client()
    admin.execute_command("ACL", "SETUSER", "r", "on", "nopass", "+@all", "~*", "&*")
    client = connect(own_server.url, username="r", password="")
    with Subscriber(client, ["a"], codec=TEXT) as subscriber:
        admin.execute_command("ACL", "SETUSER", "r", "resetchannels")
        with pytest.raises(PubSubError, match="PUBSUBENDED"):
            subscriber.next(timeout=10)


def test_nobody_listening_at_the_address_is_connect_in_time() -> None:
    started = time.monotonic()
    with (
        pytest.raises(RedisError) as absent,
        Subscriber(connect("unix:///nonexistent/redis.sock"), ["a"], codec=TEXT, timeout=0.5),
    ):
        pass
    assert absent.value.code is Code.CONNECT
    assert time.monotonic() - started < 10


def test_the_policy_disconnect_gives_what_waits_then_ends(client: Any, namespace: str) -> None:
    publisher = Publisher(client, "a", codec=TEXT, namespace=namespace)
    slow = Subscriber(client, ["a"], codec=TEXT, namespace=namespace, buffer=2, slow_reader="disconnect")
    with slow:
        for number in range(3):
            publisher.publish(str(number))
        until(lambda: publisher.publish("more").receivers == 0)
        assert [event.value for event in (slow.next(), slow.next()) if isinstance(event, Message)] == ["0", "1"]
        with pytest.raises(PubSubError, match="PUBSUBSLOW"):
            slow.next()


@pytest.mark.parametrize(
    "given",
    [
        {"channels": []},
        {"channels": "name"},
        {"channels": [""]},
        {"channels": ["a"], "buffer": 0},
        {"channels": ["a"], "slow_reader": "drop"},
        {"channels": ["a"], "ping_after": 0},
    ],
)
def test_a_wrong_argument_is_seen_before_anything_is_sent(client: Any, given: Any) -> None:
    with pytest.raises(RedisError) as wrong:
        Subscriber(client, codec=TEXT, **given)
    assert wrong.value.code is Code.ARGUMENT


def test_a_subscription_outlives_kills_in_asyncio_too(own_server: Server) -> None:
    killer = own_server.client()
    other = Publisher(killer, "a", codec=TEXT)
    other.publish("the first")

    async def main() -> None:
        async with (
            patterns.connect(own_server.url) as client,
            patterns.Subscriber(client, ["a"], codec=TEXT) as subscriber,
        ):
            publisher = patterns.Publisher(client, "a", codec=TEXT)
            for number in range(5):
                # Both before this loop runs again: nothing listens in between.
                killer.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                other.publish("missed")
                assert await subscriber.next(timeout=10) == Gap("a", 1, "connection")
                assert subscriber.connections == number + 2
                await publisher.publish("after")
                assert isinstance(await subscriber.next(timeout=10), Message)

    asyncio.run(main())
