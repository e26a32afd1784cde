"""Flags, tags, logs and unique counters under clients whose commands interleave and who crash between them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from redis_patterns.structures import flag, log, tags, unique

START_US = 4_102_444_800_000_000
TTL_US = 60_000_000

Work = Iterator[Any]
"""Each `next` is one command; a client may crash between two."""


def run(client: Any, call: Any, now_us: int = START_US) -> Any:
    return call.read(client.execute_command(*call.at(now_us).eval))


def play(works: list[Work], rng: random.Random, crash: float = 0.0) -> None:
    while works:
        at = rng.randrange(len(works))
        if next(works[at], "end") == "end" or rng.random() < crash:
            works.pop(at)


def shipped_flag(client: Any, name: str, told: list[str], who: str) -> Work:
    if isinstance(run(client, flag.set(name, ttl_us=TTL_US)), flag.FlagSet):
        told.append(who)
    yield


def looked_then_set(client: Any, name: str, told: list[str], who: str) -> Work:
    """GET, then SET: the common form."""
    stands = client.get(f"naive:{name}")
    yield
    if stands is None:
        client.set(f"naive:{name}", who)
        told.append(who)
    yield


def told_twice(client: Any, work: Callable[..., Work], rng: random.Random) -> int:
    twice = 0
    for number in range(40):
        told: list[str] = []
        play([work(client, f"f{number}", told, f"w{who}") for who in range(5)], rng)
        assert told
        twice += len(told) > 1
    return twice


def test_of_many_who_set_a_flag_one_is_told(virtual: Any, seed: int) -> None:
    assert told_twice(virtual, shipped_flag, random.Random(seed)) == 0


def test_a_flag_that_is_looked_at_and_set_tells_several(virtual: Any, seed: int) -> None:
    """The control."""
    assert told_twice(virtual, looked_then_set, random.Random(seed)) > 10


def shipped_tags(client: Any, item: str, tag: str, adds: bool) -> Work:
    if adds:
        run(client, tags.add("x", item=item, tags=[tag], ttl_us=TTL_US))
    else:
        run(client, tags.remove("x", item=item, tags=[tag], ttl_us=TTL_US))
    yield


def one_direction_after_the_other(client: Any, item: str, tag: str, adds: bool) -> Work:
    """SADD to one set, then to the other: the common form."""
    change = client.sadd if adds else client.srem
    change(f"tag:{{x}}:tags:{item}", tag)
    yield
    change(f"tag:{{x}}:items:{tag}", item)
    yield


def torn_tags(client: Any, work: Callable[..., Work], rng: random.Random) -> int:
    items, names = [f"i{n}" for n in range(4)], [f"t{n}" for n in range(4)]
    works = [work(client, rng.choice(items), rng.choice(names), rng.random() < 0.6) for _ in range(200)]
    play(works, rng, crash=0.1)
    torn = 0
    for item in items:
        for name in names:
            of_item = bool(client.sismember(f"tag:{{x}}:tags:{item}", name))
            torn += of_item != bool(client.sismember(f"tag:{{x}}:items:{name}", item))
    return torn


def test_both_directions_of_a_tag_agree_though_clients_crash(virtual: Any, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        virtual.flushdb()
        assert torn_tags(virtual, shipped_tags, rng) == 0
    assert list(virtual.scan_iter("tag:{x}:tags:*")), "no tag was given"


def test_tags_in_two_commands_disagree(virtual: Any, seed: int) -> None:
    """The control."""
    rng, torn = random.Random(seed), 0
    for _ in range(5):
        virtual.flushdb()
        torn += torn_tags(virtual, one_direction_after_the_other, rng)
    assert torn > 0


def clocks(rng: random.Random) -> Iterator[int]:
    """A clock that stands, runs and is set back."""
    now_us = START_US
    while True:
        now_us += rng.choice([0, 0, 300, rng.randrange(2_000_000), -rng.randrange(2_000_000)])
        yield now_us


def test_events_stand_in_the_order_of_their_appending(virtual: Any, seed: int) -> None:
    rng = random.Random(seed)
    for number, now_us in zip(range(200), clocks(rng), strict=False):
        run(virtual, log.append("x", kind=f"k{number}", keep_us=TTL_US), now_us)
    kinds = [fields[b"kind"].decode() for _, fields in virtual.xrange("log:{x}")]
    assert kinds == [f"k{number}" for number in range(200)]


def test_events_by_their_time_do_not(virtual: Any, seed: int) -> None:
    """The control: a sorted set by the time in milliseconds."""
    rng = random.Random(seed)
    for number, now_us in zip(range(200), clocks(rng), strict=False):
        virtual.zadd("naive:log", {f"k{number}": now_us // 1000})
    assert [kind.decode() for kind in virtual.zrange("naive:log", 0, -1)] != [f"k{number}" for number in range(200)]


def visits(rng: random.Random, count: Callable[[str], None]) -> int:
    """Visitors who come again, and clients who repeat what they sent; so many different ones came."""
    came = [f"v{rng.randrange(100)}" for _ in range(300)]
    for visitor in came:
        count(visitor)
        if rng.random() < 0.2:
            count(visitor)  # the reply was lost
    return len({*came})


def test_whoever_comes_again_is_counted_once(virtual: Any, seed: int) -> None:
    counter = unique.Unique(name="x")
    came = visits(random.Random(seed), lambda who: run(virtual, unique.add(counter, items=[who])))
    assert abs(run(virtual, unique.count(counter)).items - came) <= 0.05 * came


def test_a_counter_of_visits_counts_them_again(virtual: Any, seed: int) -> None:
    """The control."""
    came = visits(random.Random(seed), lambda who: virtual.incr("naive:visits"))
    assert int(virtual.get("naive:visits")) - came > 0.05 * came
