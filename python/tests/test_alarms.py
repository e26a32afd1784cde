"""The one thread that waits for everything that is due later, and what begins only when it is due."""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections import Counter
from typing import ClassVar

import pytest
import redis

import redis_patterns as patterns
from redis_patterns._alarm import ALARMS, Alarms
from redis_patterns._clock import clock
from redis_patterns._keeper_sync import Keeper

LONG = 10.0


def ended(alarms: Alarms) -> bool:
    limit = time.monotonic() + LONG
    while alarms._thread is not None and time.monotonic() < limit:
        threading.Event().wait(0.005)
    return alarms._thread is None


def test_what_is_due_first_rings_first_and_a_later_one_is_not_waited_for() -> None:
    alarms = Alarms()
    rang: queue.SimpleQueue[str] = queue.SimpleQueue()
    now = clock()
    last = alarms.at(now + 3600, lambda: rang.put("never"))
    alarms.at(now + 0.10, lambda: rang.put("second"))
    alarms.at(now + 0.05, lambda: rang.put("first"))
    assert [rang.get(timeout=LONG) for _ in range(2)] == ["first", "second"]
    assert last.ring is not None
    alarms.cancel(last)
    alarms.at(clock(), lambda: rang.put("third"))
    assert rang.get(timeout=LONG) == "third"


def test_a_cancelled_alarm_does_not_ring_and_the_thread_ends_with_the_last() -> None:
    alarms = Alarms()
    rang: list[int] = []
    for number in range(1000):
        alarm = alarms.at(clock() + 0.05, lambda number=number: rang.append(number))  # type: ignore[misc]
        if number % 2:
            alarms.cancel(alarm)
            alarms.cancel(alarm)
    assert ended(alarms)
    assert rang == list(range(0, 1000, 2))


def test_cancelled_alarms_do_not_pile_up() -> None:
    alarms = Alarms()
    for _ in range(10_000):
        alarms.cancel(alarms.at(clock() + 3600, lambda: None))
    assert len(alarms._heap) < 200


def test_one_that_fails_does_not_keep_the_next_from_ringing() -> None:
    alarms = Alarms()
    rang = threading.Event()

    def failing() -> None:
        raise ZeroDivisionError

    alarms.at(clock(), failing)
    alarms.at(clock() + 0.02, rang.set)
    assert rang.wait(LONG)


class Refusing(threading.Thread):
    """A system without threads for the first so many of a name."""

    refusals: ClassVar[Counter[str]] = Counter()

    def start(self) -> None:
        if Refusing.refusals[self.name] > 0:
            Refusing.refusals[self.name] -= 1
            raise RuntimeError("can't start new thread")
        super().start()


def test_a_thread_that_cannot_be_started_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", Refusing)
    alarms, rang = Alarms(), threading.Event()
    Refusing.refusals["redis-patterns-alarms"] = 1
    with pytest.raises(RuntimeError, match="can't start"):
        alarms.at(clock(), rang.set)
    assert alarms._heap == []
    alarms.at(clock(), rang.set)
    assert rang.wait(LONG)


@pytest.mark.parametrize("name", ["redis-patterns-keeper", "redis-patterns-renewal"])
def test_a_lease_is_kept_though_a_thread_cannot_be_started_at_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(threading, "Thread", Refusing)
    Refusing.refusals[name] = 2
    renewed = threading.Event()

    def renew() -> float:
        renewed.set()
        return clock() + 30

    keeper = Keeper(renew, lambda: None, deadline=clock() + 30, period=14.99, retry=0.01)
    assert renewed.wait(LONG)
    keeper.stop()
    assert Refusing.refusals[name] == 0


def test_a_lock_is_given_back_where_nobody_can_keep_it(
    client: redis.Redis, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(when: float, ring: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ALARMS, "at", refuse)
    lock = patterns.Lock(client, "x", namespace=namespace, ttl=30.0)
    with pytest.raises(RuntimeError, match="can't start"), lock:
        pytest.fail("entered")
    assert client.exists(f"{namespace}:lock:{{x}}") == 0


def in_a_child(answer: multiprocessing.Queue[bool]) -> None:
    rang = threading.Event()
    ALARMS.at(clock() + 0.01, rang.set)
    answer.put(rang.wait(LONG))


def test_alarms_ring_in_a_forked_child_too() -> None:
    ALARMS.at(clock() + LONG, lambda: None)
    context = multiprocessing.get_context("fork")
    answer: multiprocessing.Queue[bool] = context.Queue()
    child = context.Process(target=in_a_child, args=(answer,))
    child.start()
    assert answer.get(timeout=2 * LONG)
    child.join(LONG)


@pytest.mark.parametrize("ttl", [30.0])
def test_a_lease_that_ends_before_its_first_renewal_starts_no_thread(
    client: redis.Redis, namespace: str, ttl: float
) -> None:
    before = threading.active_count()
    with patterns.Lock(client, "short", namespace=namespace, ttl=ttl):
        assert "redis-patterns-keeper" not in {thread.name for thread in threading.enumerate()}
        assert threading.active_count() <= before + 1
