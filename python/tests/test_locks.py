"""The lock for threads: scopes, renewal, waiting, loss."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
from conftest import Server
from redis_patterns import Held, Lease, Lock, LockError
from redis_patterns._clock import clock
from waiting import until

LATE = 0.25


def test_a_lock_excludes_and_its_fences_grow(client: Any, namespace: str) -> None:
    lock = Lock(client, "orders", namespace=namespace)
    with lock as first:
        assert isinstance(lock.try_acquire(), Held)
        assert first.remaining > timedelta(seconds=29)
    second = lock.try_acquire()
    assert isinstance(second, Lease)
    assert second.fence > first.fence
    second.release()
    second.release()
    assert first.remaining == timedelta(0)


def test_one_operation_is_one_call(client: Any, namespace: str) -> None:
    lock = Lock(client, "x", namespace=namespace)
    lock.acquire().release()
    before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    lock.acquire().release()
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 2


def test_a_scope_renews_its_lease(client: Any, namespace: str) -> None:
    with Lock(client, "x", ttl=0.3, namespace=namespace) as lease:
        end = time.monotonic() + 0.9
        until(lambda: time.monotonic() > end or lease.lost)
        assert not lease.lost
        assert lease.remaining > timedelta(seconds=0.1)


def test_a_lease_without_a_scope_is_not_renewed(client: Any, namespace: str) -> None:
    lease = Lock(client, "x", ttl=0.1, namespace=namespace).acquire()
    until(lambda: lease.lost)
    with pytest.raises(LockError) as caught:
        lease.release()
    assert caught.value.code == "LOCKLOST"


def test_waiters_are_served_in_their_order(client: Any, server: Server, namespace: str) -> None:
    order: list[int] = []
    holder = Lock(client, "x", namespace=namespace).acquire()
    threads = []
    for number in range(5):

        def wait(mine: int = number) -> None:
            with server.client() as own, Lock(own, "x", namespace=namespace, patience=1.0):
                order.append(mine)

        threads.append(threading.Thread(target=wait))
        threads[-1].start()
        until(lambda: client.llen(f"{namespace}:lock:{{x}}:queue") == number + 1)  # noqa: B023
    holder.release()
    for thread in threads:
        thread.join(20)
    assert order == [0, 1, 2, 3, 4]


def test_a_waiter_is_woken_at_once_and_without_messages_at_its_next_poll(
    client: Any, server: Server, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waited() -> float:
        holder = Lock(client, "x", namespace=namespace).acquire()
        with ThreadPoolExecutor(1) as pool, server.client() as own:
            granted = pool.submit(Lock(own, "x", namespace=namespace, patience=1.5).acquire)
            until(lambda: client.pubsub_numsub(f"{namespace}:lock:{{x}}:wake")[0][1] == 1 or not listening)
            until(lambda: client.llen(f"{namespace}:lock:{{x}}:queue") == 1)
            released = time.monotonic()
            holder.release()
            granted.result(10).release()
            return time.monotonic() - released

    listening = True
    woken = waited()
    listening = False
    monkeypatch.setattr("redis_patterns.locks.wake_sync.Wake.open", lambda _: False)
    polled = waited()
    print(f"woken after {woken:.3f} s, by polling after {polled:.3f} s")
    assert woken < 0.4
    assert polled < 0.5 + 0.4


def test_a_wait_that_runs_out_leaves_the_queue(client: Any, namespace: str) -> None:
    lock = Lock(client, "x", namespace=namespace)
    with lock:
        started = time.monotonic()
        with pytest.raises(LockError) as caught:
            lock.acquire(wait=0.2)
        assert 0.2 <= time.monotonic() - started < 2
        assert caught.value.code == "LOCKWAIT"
        assert client.exists(f"{namespace}:lock:{{x}}:queue", f"{namespace}:lock:{{x}}:waiters") == 0


def test_a_lease_that_somebody_took_is_told_and_not_released(client: Any, namespace: str) -> None:
    told: list[Lease] = []
    other = Lock(client, "x", namespace=namespace)
    with (
        pytest.raises(LockError, match="LOCKLOST"),
        Lock(client, "x", ttl=0.3, namespace=namespace, on_lost=told.append) as lease,
    ):
        client.delete(f"{namespace}:lock:{{x}}")
        thief = other.acquire()
        assert lease.wait_lost(5)
        assert lease.lost
        assert lease.remaining == timedelta(0)
    assert told == [lease]
    thief.release()  # it is still the thief's


def test_an_error_of_the_body_is_not_hidden_by_the_loss(client: Any, namespace: str) -> None:
    with pytest.raises(ZeroDivisionError), Lock(client, "x", ttl=0.3, namespace=namespace) as lease:
        client.delete(f"{namespace}:lock:{{x}}")
        assert lease.wait_lost(5)
        raise ZeroDivisionError


@pytest.mark.parametrize("part", [0.7, 0.98])
def test_the_loss_is_told_before_the_server_gives_the_lock_away(own_server: Server, part: float) -> None:
    """The server stands still: nobody can be asked, and the end is told in time by our own clock."""
    ttl = 1.0
    watcher = own_server.client()
    lock = Lock(own_server.client(), "x", ttl=ttl)
    lock.acquire().release()  # scripts are loaded, connections are made
    try:
        with pytest.raises(LockError, match="LOCKLOST"), lock as lease:
            until(lambda: lease.remaining.total_seconds() < part)
            until_us = int(watcher.hget("lock:{x}", "until_us") or 0)
            seconds, micros = watcher.time()
            ends = clock() + (until_us - seconds * 1_000_000 - micros) / 1_000_000
            own_server.process.send_signal(signal.SIGSTOP)
            assert lease.wait_lost(10)
            # The instant is exact; how soon after it a thread runs is up to the machine.
            assert lease._end <= ends
            assert clock() <= lease._end + LATE
    finally:
        os.kill(own_server.process.pid, signal.SIGCONT)


def test_a_wrong_clock_of_the_client_changes_nothing(
    client: Any, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fences = []
    for shift in (0, 86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda moved=shift: 1_700_000_000.0 + moved)
        with Lock(client, "x", namespace=namespace) as lease:
            fences.append(lease.fence)
            assert lease.remaining > timedelta(seconds=29)
    seconds, _ = client.time()
    assert fences == sorted(fences)
    assert all(abs(fence / 1_000_000 - seconds) < 60 for fence in fences)


def test_bad_options_are_refused_before_anything_is_sent(client: Any) -> None:
    for options in ({"ttl": 0.0001}, {"ttl": float("nan")}, {"patience": 0}, {"patience": 61}, {"namespace": ""}):
        with pytest.raises(patterns.RedisError) as caught:
            Lock(client, "x", **options)
        assert caught.value.code is patterns.Code.ARGUMENT
