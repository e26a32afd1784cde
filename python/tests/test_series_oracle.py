"""Time series, recent items, event logs and unique counters against plain lists and sets, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import evidence
from redis_patterns.structures import log, recents, series, unique

START_US = 4_102_444_800_000_000
KEEP_US = 10_000_000


def test_every_answer_of_a_series_is_that_of_a_plain_list(virtual: Any, seed: int, scale: float) -> None:
    rng, now_us = random.Random(seed), START_US
    points: list[tuple[int, int]] = []
    for call in (series.add("x", value=1, keep_us=1000), series.read("x", span_us=1)):
        virtual.script_load(call.script.source)
    steps = max(int(2_000 * scale), 200)
    for _ in range(steps):
        now_us += rng.choice([0, 0, 1, rng.randrange(1_000_000)])
        if rng.random() < 0.6:
            value = rng.choice([0, 1, 1, -5, 2**38, -(2**38)])
            at_us = max(points[-1][0] + 1 if points else 0, now_us)
            points = [*(one for one in points if one[0] > at_us - KEEP_US), (at_us, value)][-40:]
            added = series.add("x", value=value, keep_us=KEEP_US, most=40)
            assert run(virtual, added, now_us) == series.PointAdded(at_us, len(points))
            continue
        span_us, count = rng.choice([1, 500_000, 3_000_000, 20_000_000]), rng.randint(1, 12)
        found = [one for one in points if one[0] > now_us - span_us]
        if rng.random() < 0.5:
            wanted: Any = series.Points(tuple(series.SeriesPoint(*one) for one in found[-count:]))
            assert run(virtual, series.read("x", span_us=span_us, count=count), now_us) == wanted
            continue
        step_us = rng.choice([1, 100_000, 999_983, 60_000_000])
        groups: dict[int, list[int]] = {}
        for at_us, value in found:
            groups.setdefault(at_us // step_us * step_us, []).append(value)
        all_steps = [
            series.SeriesStep(begins, len(values), sum(values), min(values), max(values))
            for begins, values in sorted(groups.items())
        ]
        read = series.read("x", span_us=span_us, step_us=step_us, count=count)
        assert run(virtual, read, now_us) == series.Steps(tuple(all_steps[-count:]))
    evidence.record("series", "steps", count=steps, seed=seed)


def test_a_series_whose_member_is_its_value_loses_points(virtual: Any, seed: int) -> None:
    """The control: ZADD of the value by its time, as it is usually written, keeps one point of each value."""
    rng, now_us = random.Random(seed), START_US
    for _ in range(20):
        now_us += rng.randrange(1_000_000)
        virtual.zadd("naive:series", {str(rng.choice([0, 1, 2])): now_us})
    evidence.control("series", {"points lost": 20 - int(virtual.zcard("naive:series"))})
    assert virtual.zcard("naive:series") < 20


class Recent:
    """Each `next` is one command; a client may crash between two."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.key = recents.of("x")
        client.script_load(recents.add("x", item="", ttl_us=1000).script.source)

    def add(self, item: str) -> Iterator[None]:
        call = recents.add("x", item=item, most=5, move=True, ttl_us=60_000_000)
        self._client.execute_command(*call.at(START_US).evalsha)
        yield


class TwoSteps:
    """LPUSH, then LTRIM: the common form."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.key = "naive:recent"

    def add(self, item: str) -> Iterator[None]:
        self._client.lpush(self.key, item)
        yield
        self._client.ltrim(self.key, 0, 4)
        yield


def longest(client: Any, recent: Recent | TwoSteps, seed: int) -> tuple[int, int]:
    """How long the list grew, and how often an item stood twice, when clients crash between commands."""
    rng, most, twice = random.Random(seed), 0, 0
    for _ in range(400):
        for number, _ in enumerate(recent.add(f"i{rng.randrange(8)}")):
            most = max(most, client.llen(recent.key))
            items = client.lrange(recent.key, 0, -1)
            twice += len(items) != len({*items})
            if number == 0 and rng.random() < 0.3:
                break  # it crashes
    return most, twice


def test_recent_items_are_never_more_than_they_may_be(virtual: Any, seed: int) -> None:
    assert longest(virtual, Recent(virtual), seed) == (5, 0)


def test_pushing_and_trimming_in_two_steps_grows(virtual: Any, seed: int) -> None:
    """The control."""
    most, twice = longest(virtual, TwoSteps(virtual), seed)
    evidence.control("recents", {"longest": most, "twice": twice})
    assert most > 5
    assert twice > 0


def test_ids_of_a_log_only_grow_and_only_the_kept_stay(virtual: Any, seed: int, scale: float) -> None:
    rng, now_us = random.Random(seed), START_US
    kept: list[tuple[int, int]] = []
    virtual.script_load(log.append("x", kind="k", keep_us=1000).script.source)
    for number in range(max(int(1_000 * scale), 100)):
        now_us += rng.choice([0, 1, 999, rng.randrange(2_000_000), -rng.randrange(2_000_000)])
        answer = run(virtual, log.append("x", kind=f"k{number}", keep_us=KEEP_US, most=30), now_us)
        ms, sequence = (int(word) for word in answer.id.split("-"))
        assert not kept or (ms, sequence) > kept[-1]
        assert ms >= now_us // 1000
        kept = [one for one in [*kept, (ms, sequence)] if one[0] >= ms - KEEP_US // 1000][-30:]
        assert answer.events == len(kept)
    assert [event[0].decode() for event in virtual.xrange("log:{x}")] == [f"{ms}-{number}" for ms, number in kept]


def test_estimates_are_near_the_truth_over_periods(virtual: Any, seed: int) -> None:
    rng, hour_us = random.Random(seed), 3_600_000_000
    counter = unique.Unique(name="x", every_us=hour_us, periods=5)
    for call in (unique.add(counter, items=["a"]), unique.count(counter)):
        virtual.script_load(call.script.source)
    seen: dict[int, set[str]] = {}
    for hour in range(12):
        items = [f"i{rng.randrange(4_000)}" for _ in range(2_000)]
        now_us = START_US + hour * hour_us + rng.randrange(hour_us)
        for at in range(0, 2_000, 500):
            back_us = rng.choice([0, hour_us, 2 * hour_us]) if at else 0  # the clock is set back: the hour goes on
            run(virtual, unique.add(counter, items=items[at : at + 500]), max(now_us - back_us, START_US))
        seen[hour] = set(items)
        for last in (1, 2, 5):
            truth = len(set().union(*(seen.get(hour - back, set()) for back in range(last))))
            estimate = run(virtual, unique.count(counter, last=last), now_us).items
            assert abs(estimate - truth) < 0.06 * truth, (hour, last)


def run(client: Any, call: Any, now_us: int) -> Any:
    return call.read(client.execute_command(*call.at(now_us).evalsha))
