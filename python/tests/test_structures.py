"""The faces of the structures, for threads and for asyncio."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import (
    EventLog,
    Leaderboard,
    RecentItems,
    ReliableQueue,
    SharedCounter,
    SharedFlag,
    TagIndex,
    TimeSeries,
    UniqueCounter,
    VersionedObject,
    structures,
)

HOUR = timedelta(hours=1)


def test_a_counter_counts_within_its_bounds(client: Any, namespace: str) -> None:
    counter = SharedCounter(client, "stock", ttl=HOUR, least=0, most=10, namespace=namespace)
    added = counter.add(7)
    assert isinstance(added, structures.Counted)
    assert added.value == 7
    assert timedelta(minutes=59) < added.ends_in <= HOUR
    assert isinstance(counter.add(4), structures.CounterRefused)
    assert isinstance(counter.add(-8), structures.CounterRefused)
    assert counter.value() == 7
    assert counter.add(-7).value == 0
    counter.add(3)
    assert counter.clear() == 3
    assert counter.value() == 0


def test_a_counter_repeated_with_its_request_counts_once(client: Any, namespace: str) -> None:
    counter = SharedCounter(client, "orders", ttl=HOUR, namespace=namespace)
    assert [counter.add(5, request="r1").value for _ in range(3)] == [5, 5, 5]
    assert counter.add(request="r2").value == 6


def test_of_many_threads_one_puts_the_flag_up(server: Server, namespace: str) -> None:
    with patterns.connect(server.url) as client, ThreadPoolExecutor(8) as pool:
        flag = SharedFlag(client, "daily-mail", ttl=HOUR, namespace=namespace)
        told = list(pool.map(lambda number: flag.set(f"worker {number}"), range(40)))
        assert sum(isinstance(each, structures.FlagSet) for each in told) == 1
        seen = flag.read()
    assert isinstance(seen, structures.FlagUp)
    assert seen.payload.startswith(b"worker ")


def test_a_flag_is_lowered(client: Any, namespace: str) -> None:
    flag = SharedFlag(client, "maintenance", ttl=60.0, namespace=namespace)
    assert isinstance(flag.read(), structures.FlagDown)
    flag.set(b"\x00\xff")
    assert isinstance(flag.set("again", always=True), structures.FlagSet)
    seen = flag.read()
    assert isinstance(seen, structures.FlagUp)
    assert seen.payload == b"again"
    assert flag.clear()
    assert not flag.clear()


def test_a_board_ranks_the_earlier_of_equals_first(client: Any, namespace: str) -> None:
    board = Leaderboard(client, "game", windows=["all", "day"], namespace=namespace)
    for player in ("zoe", "amy", "kim"):
        board.submit(player, 100)
    assert [row.id for row in board.page().rows] == ["zoe", "amy", "kim"]
    moved = board.submit("kim", 1, mode="add")
    assert isinstance(moved, structures.ScoreSubmitted)
    assert [(place.window, place.rank, place.rank_before) for place in moved.places] == [("all", 1, 3), ("day", 1, 3)]
    near = board.around("amy", window="day", count=3)
    assert isinstance(near, structures.BoardPage)
    assert [(row.rank, row.id, row.score) for row in near.rows] == [(1, "kim", 101), (2, "zoe", 100), (3, "amy", 100)]
    assert board.page(window="day", previous=True) == structures.BoardPage(0, ())
    assert board.remove("zoe")
    assert not board.remove("zoe")
    assert board.around("zoe") == structures.NotRanked(2)


def operations(client: Any, namespace: str) -> dict[str, Any]:
    """Every operation of every structure, to be called again and again."""
    counter = SharedCounter(client, "c", ttl=HOUR, namespace=namespace)
    flag = SharedFlag(client, "f", ttl=HOUR, namespace=namespace)
    board = Leaderboard(client, "b", windows=["all", "hour", "day", "week", "month"], namespace=namespace)
    queue = ReliableQueue(client, "q", namespace=namespace)
    item = VersionedObject(client, "o", ttl=HOUR, namespace=namespace)
    recent = RecentItems(client, "r", ttl=HOUR, namespace=namespace)
    series = TimeSeries(client, "s", keep=HOUR, namespace=namespace)
    tags = TagIndex(client, "t", ttl=HOUR, namespace=namespace)
    unique = UniqueCounter(client, "u", namespace=namespace)
    log = EventLog(client, "l", keep=HOUR, namespace=namespace)
    return {
        "counter.add": lambda: counter.add(2, request="r"),
        "counter.value": counter.value,
        "counter.clear": counter.clear,
        "flag.set": lambda: flag.set("x"),
        "flag.read": flag.read,
        "flag.clear": flag.clear,
        "board.submit": lambda: board.submit("p", 1, mode="add"),
        "board.page": lambda: board.page(window="month", previous=True),
        "board.around": lambda: board.around("p", window="week"),
        "board.remove": lambda: board.remove("p"),
        "queue.push": lambda: queue.push("p"),
        "queue.pop": queue.pop,
        "queue.look": queue.look,
        "queue.revive": queue.revive,
        "object.write": lambda: item.write({"a": "b"}),
        "object.read": item.read,
        "object.delete": item.delete,
        "recent.add": lambda: recent.add("i"),
        "series.add": lambda: series.add(1),
        "series.points": lambda: series.points(60.0),
        "series.steps": lambda: series.steps(60.0, 1.0),
        "tag.add": lambda: tags.add("i", "a", "b"),
        "tag.remove": lambda: tags.remove("i", "a"),
        "unique.add": lambda: unique.add("i"),
        "unique.count": unique.count,
        "log.append": lambda: log.append("k"),
    }


def test_every_operation_of_a_structure_is_one_round_trip(own_server: Server, namespace: str) -> None:
    client = own_server.client()

    def received() -> int:
        """Calls that came over a connection; what a script calls has a line of its own in the statistics."""
        stats = client.info("commandstats")
        return sum(line["calls"] for verb, line in stats.items() if verb in ("cmdstat_evalsha", "cmdstat_eval"))

    for name, work in operations(client, namespace).items():
        work()  # so that the server knows the script
        before = received()
        work()
        assert received() == before + 1, name
    client.close()


def test_a_full_server_refuses_structures_that_grow_and_still_gives_back(own_server: Server, namespace: str) -> None:
    client = own_server.client()
    work = operations(client, namespace)
    growing: list[str] = ["counter.add", "flag.set", "board.submit", "queue.push", "object.write"]
    growing += ["recent.add", "series.add", "tag.add", "unique.add", "log.append"]
    for name in growing:
        work[name]()
    client.config_set("maxmemory", 1)
    fresh = operations(client, f"{namespace}-new")
    for name in growing:
        with pytest.raises(patterns.RedisError) as caught:
            fresh[name]()
        assert caught.value.code is patterns.Code.OUT_OF_MEMORY, name
    assert client.keys("*-new*") == []
    for name in ("counter.value", "flag.read", "board.page", "board.around", "queue.look", "object.read"):
        work[name]()
    job = work["queue.pop"]()
    assert job.extend()
    assert job.retry() == "retried"
    assert work["queue.pop"]().ack()
    assert isinstance(work["object.delete"](), structures.ObjectDeleted)
    assert work["tag.remove"]().removed == 1
    assert work["counter.clear"]() == 2
    assert work["flag.clear"]()
    assert work["board.remove"]()
    client.config_set("maxmemory", 0)
    client.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda client: SharedCounter(client, "x", ttl=0.0).add(),
        lambda client: SharedCounter(client, "x", ttl=1.0).add(2**52 + 1),
        lambda client: SharedCounter(client, "x", ttl=1.0).add(True),
        lambda client: SharedCounter(client, "x", ttl=1.0, least=2, most=1).add(),
        lambda client: SharedFlag(client, "x", ttl=1.0).set(b"x" * (2**20 + 1)),
        lambda client: Leaderboard(client, "x", windows=[]),
        lambda client: Leaderboard(client, "x", zone=timedelta(hours=15)),
        lambda client: Leaderboard(client, "x").submit("p", 2**53),
        lambda client: Leaderboard(client, "x").page(count=1001),
    ],
)
def test_what_a_structure_cannot_keep_is_refused_before_it_is_sent(make: Any, client: Any) -> None:
    with pytest.raises(patterns.RedisError) as caught:
        make(client)
    assert caught.value.code is patterns.Code.ARGUMENT


def test_asyncio_structures_answer_the_same(server: Server, namespace: str) -> None:
    async def body() -> None:
        async with redis_patterns.aio.connect(server.url) as client:
            counter = redis_patterns.aio.SharedCounter(client, "c", ttl=HOUR, namespace=namespace)
            await asyncio.gather(*(counter.add() for _ in range(20)))
            assert await counter.value() == 20
            assert await counter.clear() == 20
            flag = redis_patterns.aio.SharedFlag(client, "f", ttl=HOUR, namespace=namespace)
            told = await asyncio.gather(*(flag.set() for _ in range(5)))
            assert sum(isinstance(each, structures.FlagSet) for each in told) == 1
            assert isinstance(await flag.read(), structures.FlagUp)
            assert await flag.clear()
            board = redis_patterns.aio.Leaderboard(client, "b", order="low", namespace=namespace)
            await asyncio.gather(*(board.submit(f"p{n}", n) for n in range(9)))
            assert [row.id for row in (await board.page(count=2)).rows] == ["p0", "p1"]
            near = await board.around("p8", count=2)
            assert isinstance(near, structures.BoardPage)
            assert [row.rank for row in near.rows] == [8, 9]
            assert await board.remove("p8")

    asyncio.run(body())
