"""The shared vectors, every file."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from conformance import as_bytes, every
from conftest import Server
from keyspace import expires_ms, leaves
from redis_patterns._scenario import bucket, build, failure, outcome, perform
from redis_patterns._scenario import run as play
from redis_patterns.caching.codec import JSON, decode
from redis_patterns.errors import CacheError, RedisError, server_error
from redis_patterns.keys import key
from redis_patterns.rate_limiting import http
from redis_patterns.runner import _read


@every("keys")
def test_a_key_is_written_as_the_vector_says(case: dict[str, Any]) -> None:
    given = dict(case["given"])
    fields = [given["field"]] if "field" in given else []
    try:
        written = key(given["entity"], given["id"], *fields, namespace=given.get("namespace"))
    except RedisError as error:
        assert error.code.value == case.get("expect_error"), error
    else:
        assert written == case.get("expect")


@every("calls")
def test_a_call_is_the_same_bytes_in_every_language(case: dict[str, Any]) -> None:
    try:
        call = build(case["operation"], case["given"])
    except RedisError as error:
        assert failure(error) == case["expect"], error
        return
    expected = case["expect"]
    assert "error" not in expected, call
    assert call.script.name == expected["script"]
    assert list(call.keys) == expected["keys"]
    assert list(call.args) == as_bytes(expected["args"])


@every("replies")
def test_a_reply_means_the_same_in_every_language(case: dict[str, Any]) -> None:
    call = build(case["operation"], {**PLAIN[case["operation"]], **case.get("given", {})})
    try:
        read = outcome(_read(call, as_bytes(case["reply"])))
    except RedisError as error:
        read = failure(error)
    assert read == case["expect"]


@every("answers")
def test_a_decision_is_the_same_http_answer_in_every_language(case: dict[str, Any]) -> None:
    given = case["given"]
    if "unavailable" in given:
        said = http.UNAVAILABLE
    else:
        told = given["decision"]
        words = [told["status"].encode(), [tier["name"] for tier in told["tiers"]].index(told["tier"]) + 1]
        words += [told["retry_after_us"]]
        words += [tier[name] for tier in told["tiers"] for name in ("remaining", "reset_after_us")]
        call = build("bucket.peek", {"id": "x", "tiers": given["tiers"]})
        tiers = bucket.tiers(given)
        said = http.answer(call.read(words), tiers, cost=given.get("cost", 1))
    fields = [list(field) for field in said.fields]
    assert {"status": said.status, "fields": fields, "body": said.body.decode()} == case["expect"]


@every("errors")
def test_a_server_error_is_classified_as_the_vector_says(case: dict[str, Any]) -> None:
    error = server_error(case["text"])
    read = {"code": error.code.value, "execution": error.execution.value, "server_code": error.server_code}
    read["message"] = error.message
    assert read == {"message": case["text"], **case["expect"]}


@every("json")
def test_json_has_one_form(case: dict[str, Any]) -> None:
    try:
        value = decode(JSON, JSON.number, as_bytes(case["text"]))
    except CacheError as error:
        assert failure(error) == case["expect"]
        return
    written = JSON.encode(value)
    assert written == as_bytes(case["expect"])
    assert JSON.encode(decode(JSON, JSON.number, written)) == written


@every("scenarios")
def test_a_scenario_ends_as_the_vector_says(case: dict[str, Any], virtual: Any) -> None:
    start = case["start_us"]
    for number, step in enumerate(case["steps"]):
        if "server" in step:
            virtual.execute_command(*step["server"])
            continue
        result = perform(virtual, step["operation"], step["given"], start + step["at_us"])
        assert result == step["expect"], f"step {number}: {step}"
    assert leaves(virtual, start) == sorted(case["leaves"], key=lambda entry: str(entry["key"]))


@every("scenarios")
def test_the_player_for_parity_tells_the_same(case: dict[str, Any], server: Server, virtual: Any) -> None:
    played = play({"url": f"{server.url}?db=1", "scenario": case})
    expected = [step["expect"] for step in case["steps"] if "server" not in step]
    assert [outcome for outcome in played["outcomes"] if outcome] == expected
    by_a = play({"url": f"{server.url}?db=1", "scenario": case, "actors": ["a"], "namespace": "other", "to": 1})
    assert len(by_a["outcomes"]) == sum(step.get("by") == "a" for step in case["steps"][:1])


def test_deadlines_are_exact_without_pexpiretime(virtual: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual.set("k", "v", pxat=START_MS + 999)
    assert expires_ms(virtual, "k") == START_MS + 999
    send = virtual.execute_command

    def without(*words: Any, **options: Any) -> Any:
        if words[0] == "PEXPIRETIME":
            raise redis.ResponseError("unknown command")
        return send(*words, **options)

    monkeypatch.setattr(virtual, "execute_command", without)
    assert expires_ms(virtual, "k") == START_MS + 999
    assert expires_ms(virtual, "none") == -2


START_MS = 4_102_444_800_000
_TIERS = [{"name": "default", "limit": 1, "per_us": 1000, "burst": 1}]
_DELIVERY = {"name": "x", "group": "g", "consumer": "c", "message_id": "1-0", "deliveries": 1}
_CLAIM = {"name": "x", "group": "g", "consumer": "c", "whose": "own", "idle_us": 1000, "count": 1, "tries": 1}
# What an operation must be given before its reply can be read; a case's own `given` comes on top.
PLAIN: dict[str, dict[str, Any]] = {
    "bucket.take": {"id": "x", "tiers": _TIERS},
    "bucket.peek": {"id": "x", "tiers": _TIERS},
    "bucket.refund": {"id": "x", "tiers": _TIERS, "request": "r"},
    "window.take": {"id": "x"},
    "window.refund": {"id": "x", "request": "r"},
    "log.take": {"id": "x"},
    "log.refund": {"id": "x", "request": "r"},
    "lock.acquire": {"name": "x", "owner": "a", "ttl_us": 1000},
    "lock.renew": {"name": "x", "owner": "a", "ttl_us": 1000},
    "lock.release": {"name": "x", "owner": "a"},
    "semaphore.acquire": {"name": "x", "owner": "a", "limit": 1, "ttl_us": 1000},
    "semaphore.renew": {"name": "x", "owner": "a", "ttl_us": 1000},
    "semaphore.release": {"name": "x", "owner": "a"},
    "redlock.acquire": {"name": "x", "owner": "a", "ttl_us": 1000, "longest_us": 1000},
    "redlock.renew": {"name": "x", "owner": "a", "ttl_us": 1000},
    "redlock.release": {"name": "x", "owner": "a"},
    "fenced.write": {"name": "x", "fence": "1", "ttl_us": 1000},
    "cache.acquire": {"key": "x", "token": "t", "ttl_us": 1000},
    "cache.fill": {"key": "x", "token": "t", "ttl_us": 1000},
    "cache.renew": {"key": "x", "token": "t", "ttl_us": 1000},
    "cache.release": {"key": "x", "token": "t"},
    "cache.delete": {"key": "x"},
    "cache.mark_stale": {"key": "x"},
    "cache.put": {"key": "x", "ttl_us": 1000},
    "cache.tag_open": {"tag": "x", "hard": "0" * 32, "soft": "0" * 32, "ttl_us": 1000},
    "cache.tag_delete": {"tag": "x"},
    "cache.tag_mark_stale": {"tag": "x", "soft": "0" * 32},
    "counter.add": {"name": "x", "ttl_us": 1000},
    "counter.clear": {"name": "x"},
    "flag.set": {"name": "x", "ttl_us": 1000},
    "flag.read": {"name": "x"},
    "flag.clear": {"name": "x"},
    "board.submit": {"name": "x", "id": "p", "score": 1},
    "board.page": {"name": "x"},
    "board.around": {"name": "x", "id": "p"},
    "board.remove": {"name": "x", "id": "p"},
    "session.create": {"id": "A" * 64, "idle_us": 1000, "lifetime_us": 1000},
    "session.use": {"id": "A" * 64, "touch_every_us": 0},
    "session.rotate": {"id": "A" * 64, "fresh": "B" * 64, "grace_us": 0},
    "session.revoke": {"id": "A" * 64},
    "session.revoke_all": {"user": "ada"},
    "session.revoke_others": {"id": "A" * 64},
    "session.list": {"user": "ada"},
    "channel.publish": {"name": "x"},
    "channel.position": {"name": "x"},
    "queue.push": {"name": "x", "id": "j"},
    "queue.pop": {"name": "x", "token": "t"},
    "queue.settle": {"name": "x", "id": "j", "token": "t"},
    "queue.extend": {"name": "x", "id": "j", "token": "t"},
    "queue.look": {"name": "x"},
    "queue.revive": {"name": "x"},
    "object.write": {"name": "x", "set": {"f": "v"}, "ttl_us": 1000},
    "object.read": {"name": "x"},
    "object.delete": {"name": "x"},
    "recent.add": {"name": "x", "item": "i", "ttl_us": 1000},
    "series.add": {"name": "x", "value": 1, "keep_us": 1000},
    "series.read": {"name": "x", "span_us": 1000},
    "tag.add": {"name": "x", "item": "i", "tags": ["t"], "ttl_us": 1000},
    "tag.remove": {"name": "x", "item": "i", "tags": ["t"], "ttl_us": 1000},
    "unique.add": {"name": "x", "items": ["i"]},
    "unique.count": {"name": "x"},
    "eventlog.append": {"name": "x", "kind": "k", "keep_us": 1000},
    "stream.add": {"name": "x", "fields": {"n": "1"}, "length": 1},
    "stream.open": {"name": "x", "group": "g", "consumer": "c"},
    "stream.claim": {**_CLAIM, "length": 1},
    "stream.ack": _DELIVERY,
    "stream.renew": _DELIVERY,
    "stream.release": {**_DELIVERY, "idle_us": 1000},
    "stream.bury": {**_DELIVERY, "reason": "rejected", "length": 1},
    "stream.revive": {"name": "x", "dead_id": "1-0"},
    "stream.leave": {"name": "x", "group": "g", "consumer": "c", "idle_us": 1000},
    "stream.lag": {"name": "x", "group": "g"},
}
