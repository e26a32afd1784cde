"""The shipped scripts against a sorted list and a calendar, in virtual time, step for step."""

from __future__ import annotations

import random
from typing import Any, get_args

import evidence
from board_oracle import Oracle
from keyspace import expires_ms
from redis_patterns._scenario import outcome
from redis_patterns.script import ScriptCall
from redis_patterns.structures import board
from redis_patterns.structures.board import Board

START_US = 4_102_444_800_000_000
HOUR_US = 3_600_000_000
BATCH = 250
SCORES = [-3, -1, 0, 1, 2, 2, 3, 3, 2**52, -(2**52), 2**52 - 1]


def random_board(rng: random.Random, name: str) -> Board:
    windows = rng.sample(get_args(board.Window), rng.randint(1, 5))
    return Board(
        name=name,
        windows=tuple(windows),
        order=rng.choice(["high", "low"]),
        most=rng.choice([2, 5, 1_000_000]),
        ttl_us=rng.choice([HOUR_US, 24 * HOUR_US, 30 * 24 * HOUR_US]),
        zone_us=rng.choice([0, 0, 2 * HOUR_US, -11 * HOUR_US, 14 * HOUR_US]),
    )


def one_step(rng: random.Random, oracle: Oracle, now_us: int) -> tuple[ScriptCall[Any], dict[str, Any]]:
    game, who, roll = oracle.board, f"p{rng.randrange(8)}", rng.random()
    if roll < 0.6:
        mode = rng.choice(get_args(board.Mode))
        score = rng.choice(SCORES)
        return board.submit(game, id=who, score=score, mode=mode), oracle.submit(who, score, mode, now_us)
    if roll < 0.65:
        return board.remove(game, id=who), oracle.remove(who, now_us)
    window = rng.choice(game.windows)
    previous = window != "all" and rng.random() < 0.4
    count = rng.randint(1, 9)
    if roll < 0.82:
        first = rng.randint(1, 9)
        call = board.page(game, window=window, previous=previous, first=first, count=count)
        return call, oracle.page(window, previous, first, count, now_us)
    call = board.around(game, id=who, window=window, previous=previous, count=count)
    return call, oracle.around(who, window, previous, count, now_us)


def test_every_answer_of_a_board_is_that_of_a_sorted_list_and_a_calendar(virtual: Any, seed: int, scale: float) -> None:
    rng = random.Random(seed)
    boards, seen, set_back = max(int(24 * scale), 4), dict[str, int](), 0
    load_scripts(virtual)
    for number in range(boards):
        oracle, now_us = Oracle(random_board(rng, f"game{number}")), START_US + rng.randrange(366 * 24) * HOUR_US
        pipeline, asked = virtual.pipeline(transaction=False), list[Any]()
        for _ in range(BATCH):
            if rng.random() < 0.03:
                check(asked, pipeline, seen)
                pipeline, asked = virtual.pipeline(transaction=False), []
                expire(virtual, oracle, now_us)
                now_us -= rng.choice([1, rng.randrange(3 * HOUR_US), rng.randrange(70 * 24 * HOUR_US)])
                set_back += 1
            now_us += rng.choice(
                [0, 0, 1, rng.randrange(HOUR_US), rng.randrange(HOUR_US), rng.randrange(9 * 24 * HOUR_US)]
            )
            call, expected = one_step(rng, oracle, now_us)
            asked.append((call, expected, now_us))
            pipeline.execute_command(*call.at(now_us).evalsha)
        check(asked, pipeline, seen)
    print(boards * BATCH, "steps", set_back, "times set back", seen)
    evidence.record("board", "steps", count=boards * BATCH, seed=seed, seen=seen | {"clock set back": set_back})
    assert set(seen) == {"submitted", "refused", "removed", "absent", "page"}
    assert min(seen.values()) > boards


def check(asked: list[Any], pipeline: Any, seen: dict[str, int]) -> None:
    for (call, expected, at), reply in zip(asked, pipeline.execute(), strict=True):
        got = outcome(call.read(reply))
        assert got == expected, (call.script.name, call.keys, call.args, at)
        seen[got["status"]] = seen.get(got["status"], 0) + 1


def expire(client: Any, oracle: Oracle, now_us: int) -> None:
    """What the server does by its own clock, so that a clock that is set back brings nothing back."""
    oracle.expire(now_us)
    for key in client.scan_iter():
        if (expires_ms(client, key) - 1) * 1000 <= now_us:
            client.delete(key)


def test_scores_packed_into_a_float_do_not(virtual: Any, seed: int) -> None:
    """The control: score * 2^32 and what is left of the seconds, as ties are usually broken, must fail here."""
    rng, wrong, now_us = random.Random(seed), 0, START_US
    for number in range(20):
        oracle, key = Oracle(Board(name="packed")), f"packed:{number}"
        for _ in range(12):
            now_us += rng.choice([1, 1_000, 1_500_000])
            who, score = f"p{rng.randrange(8)}", rng.choice([1, 2, 2, 3, 2**30, 2**30 + 1])
            oracle.submit(who, score, "set", now_us)
            virtual.zadd(key, {who: float(score * 2**32 + 2**32 - now_us // 1_000_000 % 2**32)})
        wanted = [row["id"] for row in oracle.page("all", False, 1, 8, now_us)["rows"]]
        wrong += [who.decode() for who in virtual.zrevrange(key, 0, -1)] != wanted
    print(wrong, "wrong boards of 20")
    evidence.control("board", {"wrong boards with packed scores": wrong})
    assert wrong > 5


def load_scripts(client: Any) -> None:
    game = Board(name="x")
    for call in (board.submit(game, id="p", score=1), board.page(game), board.remove(game, id="p")):
        client.script_load(call.script.source)
