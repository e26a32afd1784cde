"""Subscriptions under faults: every gap is told, none is invented; and the usual subscriber, which tells nothing."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis

import evidence
from conftest import Server
from proxy import Proxy
from pubsub_world import Account, Load
from redis_patterns import TEXT, Gap, Subscriber, connect
from waiting import until


def kill(client: redis.Redis) -> None:
    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def read_until(subscriber: Subscriber[str], account: Account, done: Callable[[], bool]) -> None:
    """Reads in this thread until the condition holds."""

    def enough() -> bool:
        if not done():
            account.take(subscriber.next(timeout=0.05))
        return done()

    until(enough, within=60)


def test_twenty_kills_under_load_each_gap_is_told_and_none_invented(
    own_server: Server, namespace: str, scale: float
) -> None:
    client, kills = connect(own_server.url), round(20 * scale)
    account = Account()
    with Subscriber(client, ["a"], codec=TEXT, namespace=namespace, buffer=100_000) as subscriber:
        with Load(own_server.client(), "a", namespace) as load:
            for number in range(kills):
                until(lambda: load.published > account.last + 3)  # it is under load
                kill(own_server.client())
                read_until(subscriber, account, lambda least=number + 2: subscriber.connections >= least)  # type: ignore[misc]
        read_until(subscriber, account, lambda: account.last >= load.published)
        assert subscriber.connections == kills + 1
    assert account.last == load.published
    assert account.given + account.missed == load.published
    assert account.gaps <= kills
    seen = {"messages": account.given, "missed and told": account.missed, "gaps": account.gaps}
    evidence.record("pubsub", "kills", count=kills, violations=account.violations + account.unknown_gaps, seen=seen)
    assert account.violations == 0
    assert account.unknown_gaps == 0
    assert account.missed > 0, "no message was lost: the kills proved nothing"


def test_a_plain_subscriber_misses_in_the_same_harness_without_a_word(own_server: Server, namespace: str) -> None:
    account = Account()
    # As most programs make it: it connects again by itself, and subscribes again by itself.
    plain = redis.Redis(unix_socket_path=str(own_server.path), protocol=2).pubsub(ignore_subscribe_messages=True)
    plain.subscribe(f"{namespace}:channel:{{a}}")
    plain.get_message(timeout=5)

    def read() -> None:
        with contextlib.suppress(redis.ConnectionError):  # redis-py 5 may meet the next kill while it subscribes again
            message = plain.get_message(timeout=0.05)
            if message is not None:
                account.take(int(message["data"].split(b":")[1]))

    with Load(own_server.client(), "a", namespace) as load:
        for _ in range(20):
            target = load.published + 4

            def fed(target: int = target) -> bool:
                read()
                return account.last >= target

            until(fed, within=30)
            kill(own_server.client())
    plain.close()
    evidence.control("pubsub", {"missed without a word by redis-py's own subscriber": account.silent})
    assert account.silent > 0


def test_a_killed_server_that_comes_back_empty_is_a_gap_of_unknown_size_each_time(
    own_server: Server, namespace: str
) -> None:
    client, account = connect(own_server.url), Account()
    with Subscriber(client, ["a"], codec=TEXT, namespace=namespace, buffer=100_000) as subscriber:
        with Load(connect(own_server.url), "a", namespace) as load:
            for number in range(4):
                read_until(subscriber, account, lambda: account.given > 0 and not account.open_end)
                own_server.restart()
                read_until(subscriber, account, lambda told=number + 1: account.unknown_gaps == told)  # type: ignore[misc]
            # Numbers begin anew: the last that was published must be one of these.
            read_until(subscriber, account, lambda: not account.open_end)
        read_until(subscriber, account, lambda: account.last >= load.published)
    assert account.violations == 0
    assert account.unknown_gaps == 4
    assert account.gaps == 0


def test_a_server_that_stands_still_for_a_moment_gives_no_gap(own_server: Server, namespace: str) -> None:
    client = connect(own_server.url)
    with Subscriber(client, ["a"], codec=TEXT, namespace=namespace, ping_after=0.1, pong_within=30.0) as subscriber:
        with Load(own_server.client(), "a", namespace) as load:
            account = Account()
            read_until(subscriber, account, lambda: account.given > 10)
            own_server.process.send_signal(signal.SIGSTOP)
            threading.Event().wait(0.3)
            own_server.process.send_signal(signal.SIGCONT)
            seen = account.given
            read_until(subscriber, account, lambda: account.given > seen + 10)
        read_until(subscriber, account, lambda: account.last >= load.published)
        assert subscriber.connections == 1
    assert (account.gaps, account.violations, account.unknown_gaps) == (0, 0, 0)


def test_a_server_that_stands_still_for_long_is_left_and_the_gap_told(own_server: Server, namespace: str) -> None:
    client = connect(own_server.url, timeout=0.5)
    with Subscriber(client, ["a"], codec=TEXT, namespace=namespace, ping_after=0.2, pong_within=0.3) as subscriber:
        own_server.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(1.5)
        own_server.process.send_signal(signal.SIGCONT)
        until(lambda: subscriber.connections >= 2)
        with Load(own_server.client(), "a", namespace) as load:
            account = Account()
            read_until(subscriber, account, lambda: account.given > 10)
        read_until(subscriber, account, lambda: account.last >= load.published)
    assert account.violations == 0


def test_a_half_open_connection_is_found_by_ping_and_what_it_missed_is_told(server: Server, namespace: str) -> None:
    proxy = Proxy(server.path, b"no marker")
    client = connect(f"redis://127.0.0.1:{proxy.port}", timeout=1.0)
    try:
        subscriber = Subscriber(client, ["a"], codec=TEXT, namespace=namespace, ping_after=0.3, pong_within=0.5)
        with subscriber, Load(server.client(), "a", namespace) as load:
            account = Account()
            read_until(subscriber, account, lambda: account.given > 3)
            proxy.hold()
            held = load.published
            until(lambda: load.published > held + 200)
            read_until(subscriber, account, lambda: subscriber.connections == 2 and account.last > held + 200)
        assert account.violations == 0
        assert account.missed > 0
        assert account.gaps == 1
    finally:
        client.close()
        proxy.close()


def test_a_plain_subscriber_waits_on_a_half_open_connection_for_ever(server: Server, namespace: str) -> None:
    proxy = Proxy(server.path, b"no marker")
    client = redis.Redis(port=proxy.port, protocol=2)
    try:
        plain = client.pubsub(ignore_subscribe_messages=True)
        plain.subscribe(f"{namespace}:channel:{{a}}")
        plain.get_message(timeout=5)
        proxy.hold()
        with Load(server.client(), "a", namespace) as load:
            until(lambda: plain.get_message(timeout=0.1) is None)  # what was under way
            held = load.published
            until(lambda: load.published > held + 20)
            assert all(plain.get_message(timeout=0.1) is None for _ in range(12))
    finally:
        client.close()
        proxy.close()


def test_a_pattern_tells_each_kill_once(own_server: Server, namespace: str) -> None:
    client = connect(own_server.url)
    with Subscriber(client, patterns=["*"], codec=TEXT, namespace=namespace, buffer=100_000) as subscriber:
        events: list[Any] = []
        with Load(own_server.client(), "a", namespace):
            for number in range(5):
                kill(own_server.client())
                until(lambda least=number + 2: subscriber.connections >= least)  # type: ignore[misc]
        gaps: list[Gap] = []
        while (event := subscriber.next(timeout=10 if len(gaps) < 5 else 0.2)) is not None:
            events.append(event)
            gaps += [event] if isinstance(event, Gap) else []
    assert gaps == [Gap("*", None, "connection", True)] * 5
    numbers = [event.sequence for event in events if not isinstance(event, Gap)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", "latest_per_channel"])
def test_a_reader_ten_times_too_slow_is_told_exactly_what_it_missed(
    policy: Any, server: Server, client: redis.Redis, namespace: str
) -> None:
    account = Account()
    mine = connect(server.url)
    with Subscriber(mine, ["a"], codec=TEXT, namespace=namespace, buffer=5, slow_reader=policy) as subscriber:
        with Load(client, "a", namespace) as load:
            while load.published < 200:
                account.take(subscriber.next(timeout=5))
                waiting = subscriber._buffer._messages
                assert waiting <= 5
                until(lambda target=load.published + 10: load.published >= target)  # type: ignore[misc]
        read_until(subscriber, account, lambda: account.last >= load.published)
        assert subscriber.dropped == account.missed > 0
    mine.close()
    assert account.violations == 0
    assert account.last == load.published
