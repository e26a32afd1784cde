"""Queue, object, recent items, series, tags, unique counter and log, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import (
    EventLog,
    RecentItems,
    ReliableQueue,
    TagIndex,
    TimeSeries,
    UniqueCounter,
    VersionedObject,
    structures,
)

HOUR = timedelta(hours=1)


def test_a_job_is_handed_out_once_and_done(client: Any, namespace: str) -> None:
    queue = ReliableQueue(client, "mail", namespace=namespace)
    assert queue.push("one", id="j1") == structures.JobPushed(1)
    assert queue.push("other", id="j1") == structures.JobExists(1)
    job = queue.pop()
    assert isinstance(job, structures.QueueJob)
    assert (job.id, job.payload, job.attempt) == ("j1", b"one", 1)
    waiting = queue.pop()
    assert isinstance(waiting, structures.QueueEmpty)
    assert timedelta(0) < waiting.retry_after <= timedelta(seconds=30)
    assert job.extend()
    assert job.ack()
    assert not job.ack()


def test_a_job_whose_worker_is_gone_comes_to_another(client: Any, namespace: str) -> None:
    queue = ReliableQueue(client, "mail", lease=0.02, namespace=namespace)
    queue.push(b"one")
    first, second = queue.pop(), queue.pop(wait=20)
    assert isinstance(first, structures.QueueJob)
    assert isinstance(second, structures.QueueJob)
    assert (second.id, second.attempt) == (first.id, 2)
    assert not first.ack()
    assert not first.extend()


def test_a_job_that_fails_is_tried_again_then_buried_then_revived(client: Any, namespace: str) -> None:
    queue = ReliableQueue(client, "mail", tries=2, namespace=namespace)
    queue.push("poison", id="j1")
    ends = [job.retry() for job in (queue.pop(), queue.pop()) if isinstance(job, structures.QueueJob)]
    assert ends == ["retried"]
    job = queue.pop()
    assert isinstance(job, structures.QueueJob)
    assert job.retry() == "buried"
    assert queue.look() == structures.QueueState(0, 0, 0, 1, (structures.DeadJob("j1", 2, b"poison"),))
    assert queue.revive() == 1
    revived = queue.pop()
    assert isinstance(revived, structures.QueueJob)
    assert revived.attempt == 1
    assert revived.bury() == "buried"


def test_many_workers_do_every_job_once(server: Server, namespace: str) -> None:
    done: list[str] = []
    with patterns.connect(server.url) as client, ThreadPoolExecutor(6) as pool:
        queue = ReliableQueue(client, "mail", most=100, namespace=namespace)
        for number in range(100):
            queue.push("p", id=f"j{number}")
        assert isinstance(queue.push("p"), structures.QueueFull)

        def work(_: int) -> None:
            while isinstance(job := queue.pop(), structures.QueueJob):
                done.append(job.id)
                assert job.ack()

        list(pool.map(work, range(6)))
    assert sorted(done) == sorted(f"j{number}" for number in range(100))


def test_a_consumer_that_waits_gets_what_is_pushed_meanwhile(client: Any, server: Server, namespace: str) -> None:
    found: list[Any] = []
    with server.client() as own:
        queue = ReliableQueue(own, "mail", namespace=namespace)
        thread = threading.Thread(target=lambda: found.append(queue.pop(wait=20)))
        thread.start()
        ReliableQueue(client, "mail", namespace=namespace).push("late")
        thread.join(20)
    assert found[0].payload == b"late"


def test_a_change_from_what_was_read_is_refused_when_another_came_between(client: Any, namespace: str) -> None:
    user = VersionedObject(client, "user:1", ttl=HOUR, most=2, namespace=namespace)
    assert isinstance(user.read(), structures.ObjectMissing)
    first = user.write({"name": "Ann"}, seen=0)
    assert isinstance(first, structures.ObjectWritten)
    second = user.write({"name": "Anna"}, seen=first.version)
    assert isinstance(second, structures.ObjectWritten)
    assert second.version > first.version
    assert user.write({"name": "Bob"}, seen=first.version) == structures.ObjectConflict(second.version)
    assert user.write({"a": "1", "b": "2"}) == structures.ObjectFull(3)
    found = user.read()
    assert isinstance(found, structures.FoundObject)
    assert (found.version, found.fields) == (second.version, {"name": b"Anna"})
    assert user.delete(seen=second.version) == structures.ObjectDeleted()
    assert user.write({"name": "Ann"}, seen=second.version) == structures.ObjectMissing()


def test_updates_at_the_same_time_are_all_there(server: Server, namespace: str) -> None:
    with patterns.connect(server.url) as client, ThreadPoolExecutor(8) as pool:
        user = VersionedObject(client, "user:2", ttl=HOUR, namespace=namespace)

        def visit(_: int) -> None:
            user.update(lambda fields: {"n": str(int(fields.get("n", b"0")) + 1)}, attempts=100)

        list(pool.map(visit, range(24)))
        found = user.read()
    assert isinstance(found, structures.FoundObject)
    assert found.fields["n"] == b"24"


def test_recent_items_are_bounded_and_the_same_one_stands_once(client: Any, namespace: str) -> None:
    recent = RecentItems(client, "seen", ttl=HOUR, most=3, move=True, namespace=namespace)
    assert [recent.add(item) for item in "abcdb"] == [1, 2, 3, 3, 3]
    assert recent.items() == [b"b", b"d", b"c"]
    assert recent.items(1) == [b"b"]


def test_a_series_gives_its_points_and_what_they_come_to(client: Any, namespace: str) -> None:
    series = TimeSeries(client, "load", keep=HOUR, most=3, namespace=namespace)
    for value in (9, 5, -1, 5):
        series.add(value)
    assert [point.value for point in series.points(60.0)] == [5, -1, 5]
    assert [point.value for point in series.points(60.0, count=1)] == [5]
    steps = series.steps(HOUR, timedelta(days=30))
    assert sum(step.points for step in steps) == 3
    assert sum(step.sum for step in steps) == 9


def test_items_are_found_by_their_tags(client: Any, namespace: str) -> None:
    posts = TagIndex(client, "posts", ttl=HOUR, most=2, namespace=namespace)
    assert posts.add("p1", "redis", "swift") == structures.Tagged(2)
    posts.add("p2", "redis")
    assert posts.add("p3", "lua", "redis") == structures.TagFull("redis")
    assert posts.tags("p1") == {"redis", "swift"}
    assert posts.tags("p3") == set()
    assert (posts.has("p1", "swift"), posts.has("p2", "swift")) == (True, False)
    assert posts.all_of("redis", "swift") == {"p1"}
    assert posts.any_of("redis", "swift") == {"p1", "p2"}
    assert posts.remove("p1", "redis", "none") == structures.Untagged(1, 1)
    assert posts.any_of("redis") == {"p2"}


def test_different_items_are_counted_once(client: Any, namespace: str) -> None:
    visitors = UniqueCounter(client, "visitors", namespace=namespace)
    assert visitors.add("ann", "bob", b"\xff")
    assert not visitors.add("ann")
    assert visitors.count(last=2) == 3


def test_a_reader_of_a_log_goes_on_where_it_was(client: Any, namespace: str) -> None:
    log = EventLog(client, "audit", keep=HOUR, most=3, namespace=namespace)
    ids = [log.append("kind", f"payload {number}").id for number in range(4)]
    assert [event.id for event in log.read()] == ids[1:]
    assert log.read(after=ids[2]) == (structures.LogEvent(ids[3], "kind", b"payload 3"),)
    assert log.read(after=ids[3]) == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda client: ReliableQueue(client, "x", tries=0),
        lambda client: ReliableQueue(client, "x", lease=0.0).pop(),
        lambda client: VersionedObject(client, "x", ttl=1.0).write({}),
        lambda client: VersionedObject(client, "x", ttl=1.0).write({"@version": "1"}),
        lambda client: RecentItems(client, "x", ttl=1.0, most=10_001),
        lambda client: TimeSeries(client, "x", keep=1.0).add(1 << 39),
        lambda client: TimeSeries(client, "x", keep=1.0).steps(1.0, 0.0),
        lambda client: TagIndex(client, "x", ttl=1.0).add("i"),
        lambda client: TagIndex(client, "x", ttl=1.0).all_of("a", "a"),
        lambda client: UniqueCounter(client, "x", periods=63),
        lambda client: EventLog(client, "x", keep=1.0).read(after="latest"),
    ],
)
def test_what_no_collection_can_keep_is_refused_before_it_is_sent(make: Any, client: Any) -> None:
    with pytest.raises(patterns.RedisError) as caught:
        make(client)
    assert caught.value.code is patterns.Code.ARGUMENT


def test_asyncio_collections_answer_the_same(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with redis_patterns.aio.connect(server.url) as client:
            aio = redis_patterns.aio
            queue = aio.ReliableQueue(client, "q", namespace=namespace)
            await asyncio.gather(*(queue.push(f"{n}", id=f"j{n}") for n in range(5)))
            waiting = asyncio.create_task(aio.ReliableQueue(client, "other", namespace=namespace).pop(wait=60))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            jobs = [await queue.pop(wait=20) for _ in range(5)]
            assert all([isinstance(job, redis_patterns.aio.QueueJob) and await job.ack() for job in jobs])
            assert (await queue.look()).ready == 0
            item = aio.VersionedObject(client, "o", ttl=HOUR, namespace=namespace)
            written = await item.update(lambda fields: {"n": str(len(fields))})
            assert isinstance(written, structures.ObjectWritten)
            assert isinstance(await item.delete(), structures.ObjectDeleted)
            recent = aio.RecentItems(client, "r", ttl=HOUR, namespace=namespace)
            assert await recent.add("i") == 1
            assert await recent.items() == [b"i"]
            series = aio.TimeSeries(client, "s", keep=HOUR, namespace=namespace)
            await series.add(3)
            assert [point.value for point in await series.points(HOUR)] == [3]
            tags = aio.TagIndex(client, "t", ttl=HOUR, namespace=namespace)
            await tags.add("i", "a")
            assert await tags.all_of("a") == {"i"}
            unique = aio.UniqueCounter(client, "u", namespace=namespace)
            await unique.add("i")
            assert await unique.count(last=2) == 1
            log = aio.EventLog(client, "l", keep=HOUR, namespace=namespace)
            await log.append("k")
            assert [event.kind for event in await log.read()] == ["k"]

    asyncio.run(body())
