"""Structures whose keys hold something else, that are asked for much at once, or meet many leases that ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import redis

from conftest import Server
from keyspace import expires_ms
from redis_patterns import Code, Execution, RedisError, ReliableQueue, SharedCounter
from redis_patterns.script import ScriptCall
from redis_patterns.structures import QueueJob, board, counter, flag, log, queue, recents, series, tags, unique
from redis_patterns.structures import object as objects

START_US = 4_102_444_800_000_000
SECOND_US = 1_000_000
GAME = board.Board(name="x", windows=("all", "day"))
JOBS = queue.Queue(name="x", tries=2)
SEEN = unique.Unique(name="x")
SETTLE: dict[str, Any] = {"id": "j0", "token": "t0"}


def run(client: Any, call: ScriptCall[Any], now_us: int) -> Any:
    return call.read(client.execute_command(*call.at(now_us).eval))


def everything(client: Any) -> dict[bytes, Any]:
    return {key: (client.dump(key), expires_ms(client, key)) for key in client.scan_iter()}


def fill(client: Any) -> None:
    """Something in every key: a job out, one whose lease has ended, one put off, one dead."""
    for number in range(5):
        run(client, queue.push(JOBS, id=f"j{number}"), START_US)
    run(client, queue.push(JOBS, id="later", delay_us=SECOND_US), START_US)
    for number in range(3):
        lease_us = SECOND_US if number else 60 * SECOND_US
        run(client, queue.pop(JOBS, token=f"t{number}", lease_us=lease_us), START_US)
    run(client, queue.settle(JOBS, id="j2", token="t2", verb="bury"), START_US)
    for call in CALLS.values():
        if call.script.name.endswith(("_add", "_submit", "_set", "_write", "_append")):
            run(client, call, START_US)


CALLS: dict[str, ScriptCall[Any]] = {
    "counter.add": counter.add("x", ttl_us=60 * SECOND_US, request="r"),
    "counter.clear": counter.clear("x"),
    "flag.set": flag.set("x", ttl_us=60 * SECOND_US),
    "flag.read": flag.read("x"),
    "flag.clear": flag.clear("x"),
    "board.submit": board.submit(GAME, id="p", score=2, mode="add"),
    "board.page": board.page(GAME),
    "board.remove": board.remove(GAME, id="p"),
    "queue.push": queue.push(JOBS, id="new"),
    "queue.pop": queue.pop(JOBS, token="new"),
    "queue.pop again": queue.pop(JOBS, token="t1"),
    "queue.ack": queue.settle(JOBS, **SETTLE),
    "queue.retry": queue.settle(JOBS, **SETTLE, verb="retry"),
    "queue.put off": queue.settle(JOBS, **SETTLE, verb="retry", delay_us=1),
    "queue.bury": queue.settle(JOBS, **SETTLE, verb="bury"),
    "queue.extend": queue.extend(JOBS, **SETTLE),
    "queue.look": queue.look(JOBS),
    "queue.revive": queue.revive(JOBS),
    "object.write": objects.write("x", set={"a": "b"}, ttl_us=60 * SECOND_US),
    "object.read": objects.read("x"),
    "object.delete": objects.delete("x"),
    "recent.add": recents.add("x", item="i", ttl_us=60 * SECOND_US),
    "recent.move": recents.add("x", item="i", move=True, ttl_us=60 * SECOND_US),
    "series.add": series.add("x", value=1, keep_us=60 * SECOND_US),
    "series.read": series.read("x", span_us=60 * SECOND_US),
    "tag.add": tags.add("x", item="i", tags=("a", "b"), ttl_us=60 * SECOND_US),
    "tag.remove": tags.remove("x", item="i", tags=("a", "b"), ttl_us=60 * SECOND_US),
    "unique.add": unique.add(SEEN, items=["a"]),
    "unique.count": unique.count(SEEN, last=2),
    "log.append": log.append("x", kind="k", keep_us=60 * SECOND_US),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_key_that_holds_something_else_is_an_error_that_wrote_nothing(virtual: Any, name: str) -> None:
    call, errors = CALLS[name], 0
    for key in call.keys:
        for foreign in (("SET", key, "mine"), ("RPUSH", key, "mine"), ("HSET", key, "mine", "1")):
            virtual.flushdb()
            fill(virtual)
            virtual.delete(key)
            virtual.execute_command(*foreign)
            before = everything(virtual)
            try:
                virtual.execute_command(*call.at(START_US + 2 * SECOND_US).eval)
            except redis.ResponseError as error:
                errors += 1
                assert "WRONGTYPE" in str(error) or "Redis type mismatch" in str(error), (foreign, error)
                assert everything(virtual) == before, foreign
    assert errors >= 2


def test_any_number_of_items_is_counted(virtual: Any) -> None:
    """More than Lua unpacks at once; both faces send fewer."""
    call = unique.add(SEEN, items=["a"])
    items = [b"i%d" % number for number in range(20_000)]
    call = replace(call, args=(*call.args[:2], *items, b"0"))
    assert run(virtual, call, START_US) == unique.Seen(True)
    assert run(virtual, call, START_US + 1) == unique.Seen(False)
    assert abs(run(virtual, unique.count(SEEN), START_US + 2).items - 20_000) < 1_000


MANY = 250


def hand_out(client: Any, jobs: queue.Queue) -> None:
    """Many jobs, all out, whose leases end in the order in which they were handed out."""
    for call in (queue.push(jobs, id="j"), queue.pop(jobs, token="t"), queue.settle(jobs, id="j", token="t")):
        client.script_load(call.script.source)
    for number in range(MANY):
        run(client, queue.push(jobs, id=f"j{number}"), START_US)
    for number in range(MANY):
        pop = queue.pop(jobs, token=f"t{number}", lease_us=SECOND_US)
        assert run(client, pop, START_US + number).id == f"j{number}"


def test_a_pop_is_repeated_behind_many_leases_that_ended(virtual: Any) -> None:
    jobs, last, now_us = queue.Queue(name="x"), f"t{MANY - 1}", START_US + 2 * SECOND_US
    hand_out(virtual, jobs)
    again = queue.pop(jobs, token=last, lease_us=60 * SECOND_US)
    for _ in range(2):
        assert run(virtual, again, now_us) == queue.Handed(f"j{MANY - 1}", b"", 2)
    others = [run(virtual, queue.pop(jobs, token=f"u{number}"), now_us) for number in range(MANY - 1)]
    assert {other.id for other in others} == {f"j{number}" for number in range(MANY - 1)}
    assert run(virtual, queue.look(jobs), now_us).out == MANY
    assert run(virtual, again, now_us) == queue.Handed(f"j{MANY - 1}", b"", 2)
    assert run(virtual, queue.settle(jobs, id=f"j{MANY - 1}", token=last), now_us) == "acked"


def test_a_job_buried_late_leaves_its_token_the_job_it_has_now(virtual: Any) -> None:
    jobs, last, now_us = queue.Queue(name="x", tries=1), f"t{MANY - 1}", START_US + 2 * SECOND_US
    hand_out(virtual, jobs)
    run(virtual, queue.push(jobs, id="fresh"), now_us)
    again = queue.pop(jobs, token=last, lease_us=60 * SECOND_US)
    assert run(virtual, again, now_us) == queue.Handed("fresh", b"", 1)
    for number in range(3):
        assert isinstance(run(virtual, queue.pop(jobs, token=f"u{number}"), now_us), queue.QueueEmpty)
    assert run(virtual, queue.look(jobs), now_us).dead == MANY
    assert run(virtual, again, now_us) == queue.Handed("fresh", b"", 1)


def test_an_empty_answer_before_ids_without_jobs_says_to_ask_again(virtual: Any) -> None:
    jobs = queue.Queue(name="x")
    run(virtual, queue.push(jobs, id="last"), START_US)
    virtual.lpush("queue:{x}", *(f"gone{number}" for number in range(150)))
    assert run(virtual, queue.pop(jobs, token="t"), START_US).retry_after.microseconds == 1
    assert run(virtual, queue.pop(jobs, token="t"), START_US) == queue.Handed("last", b"", 1)


def test_a_full_server_lets_jobs_that_wait_again_be_ended(own_server: Server) -> None:
    client = own_server.client()
    hand_out(client, JOBS)
    client.config_set("maxmemory", 1)
    now_us = START_US + 2 * SECOND_US
    assert run(client, queue.pop(JOBS, token="u0"), now_us) == queue.Handed("j0", b"", 2)
    assert run(client, queue.pop(JOBS, token="t1"), now_us) == queue.Handed("j1", b"", 2)
    assert run(client, queue.extend(JOBS, id="j2", token="t2"), now_us) == "extended"
    assert run(client, queue.settle(JOBS, id="j3", token="t3"), now_us) == "acked"
    assert run(client, queue.settle(JOBS, id="j4", token="t4", verb="retry"), now_us) == "retried"
    assert run(client, queue.settle(JOBS, id="j5", token="t5", verb="bury"), now_us) == "buried"
    with pytest.raises(redis.ResponseError, match="maxmemory"):
        run(client, queue.revive(JOBS), now_us)
    client.close()


def test_a_worker_that_is_late_may_end_its_job_until_another_is_given_it(client: Any, namespace: str) -> None:
    jobs = ReliableQueue(client, "x", namespace=namespace)
    for number in range(3):
        jobs.push("p", id=f"j{number}")
    late = [handed(jobs) for _ in range(3)]
    client.zadd(f"{namespace}:queue:{{x}}:leases", {"j0": 1, "j1": 2, "j2": 3})  # their leases end
    assert jobs.look().ready == 3
    # This pop puts all three back, and takes the first.
    taken = handed(jobs)
    assert (taken.id, taken.attempt) == (late[0].id, 2)
    assert not late[0].ack()
    for job in late[1:]:
        assert job.extend()
        assert job.ack()
    assert taken.ack()
    assert isinstance(jobs.pop(), queue.QueueEmpty)


def handed(jobs: ReliableQueue) -> QueueJob:
    job = jobs.pop()
    assert isinstance(job, QueueJob)
    return job


@pytest.mark.parametrize("value", ["9007199254740993", "1.5", "ann"])
def test_a_counter_neither_rounds_nor_replaces_what_is_not_its_own(client: Any, namespace: str, value: str) -> None:
    key = f"{namespace}:counter:{{theirs}}"
    client.set(key, value, ex=60)
    counted = SharedCounter(client, "theirs", ttl=60.0, namespace=namespace)
    for ask in (lambda: counted.add(-1), counted.value, counted.clear):
        with pytest.raises(RedisError) as caught:
            ask()
        assert (caught.value.code, caught.value.execution) == (Code.WRONG_TYPE, Execution.NOT_EXECUTED)
    assert client.get(key) == value.encode()


def test_a_unique_counter_whose_periods_get_longer_begins_anew(virtual: Any) -> None:
    minute, day = unique.Unique(name="x", every_us=60 * SECOND_US), unique.Unique(name="x")
    run(virtual, unique.add(minute, items=["a", "b"]), START_US)
    run(virtual, unique.add(day, items=["c"]), START_US + 1)
    assert run(virtual, unique.count(day), START_US + 2).items == 1
    longest_us = day.every_us * (day.periods + 1)
    for key in virtual.scan_iter():
        assert 0 < expires_ms(virtual, key) <= (START_US + longest_us) // 1000 + 2


def test_the_slot_of_a_new_period_is_looked_at_before_it_is_forgotten(virtual: Any) -> None:
    add = unique.add(SEEN, items=["a"])
    for foreign in (("SET", "mine"), ("RPUSH", "mine")):
        virtual.flushdb()
        for key in add.keys[1:]:
            virtual.execute_command(foreign[0], key, foreign[1])
        before = everything(virtual)
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            run(virtual, add, START_US)
        assert everything(virtual) == before


def test_a_push_leaves_a_foreign_key_its_life(virtual: Any) -> None:
    call = queue.push(JOBS, id="j")
    virtual.set(call.keys[5], "mine")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        run(virtual, call, START_US)
    assert everything(virtual) == {call.keys[5].encode(): (virtual.dump(call.keys[5]), -1)}


def test_fields_to_remove_may_come_from_a_generator(virtual: Any) -> None:
    run(virtual, objects.write("x", set={"a": "1", "b": "2"}, ttl_us=60 * SECOND_US), START_US)
    gone: Any = (field for field in ("b",))
    run(virtual, objects.write("x", remove=gone, ttl_us=60 * SECOND_US), START_US)
    found = run(virtual, objects.read("x"), START_US)
    assert isinstance(found, objects.FoundObject)
    assert set(found.fields) == {"a"}
