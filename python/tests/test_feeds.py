"""What a subscription makes of what its connection brings: the shared vectors, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import as_bytes, cases
from redis_patterns import TEXT, PubSubError
from redis_patterns._scenario.words import text_or_hex
from redis_patterns.pubsub.buffer import Buffer
from redis_patterns.pubsub.calls import Position, Raw, channel_key, decoded, pattern_on_wire
from redis_patterns.pubsub.feed import Feed
from redis_patterns.pubsub.values import Gap, Message, Undecodable

FEEDS = cases("feeds")


def words(event: Raw | Gap) -> dict[str, Any]:
    """An event as vectors write it."""
    match event if isinstance(event, Gap) else decoded(event, TEXT):
        case Gap(channel, missed, cause, is_pattern):
            return {"gap": channel, "missed": missed, "cause": cause} | ({"is_pattern": True} if is_pattern else {})
        case Undecodable(channel, payload):
            return {"undecodable": channel, "data": text_or_hex(payload)}
        case Message(value, channel, sequence, epoch, pattern):
            said = {"message": channel, "value": value, "seq": sequence, "epoch": str(epoch)}
            return said | ({"pattern": pattern} if pattern else {})
    raise AssertionError(event)


@pytest.mark.parametrize("case", [case for _, case in FEEDS], ids=[name for name, _ in FEEDS])
def test_a_feed_gives_what_the_vector_says(case: dict[str, Any]) -> None:
    buffer = Buffer(case["limit"], case["slow_reader"], lambda: None)
    patterns = {pattern_on_wire(name): name for name in case["patterns"]}
    feed = Feed({channel_key(name): name for name in case["channels"]}, patterns, buffer)
    gives: list[dict[str, Any]] = []

    def take() -> bool:
        try:
            event = buffer.take()
        except PubSubError as error:
            gives.append({"ended": error.code})
            return False
        if event is not None:
            gives.append(words(event))
        return event is not None

    step: dict[str, Any]
    for step in case["steps"]:
        match step:
            case {"message": channel, "data": data, **rest}:
                pattern = pattern_on_wire(rest["pattern"]) if "pattern" in rest else None
                feed.message(channel_key(channel), as_bytes(data), pattern)
            case {"lost": True}:
                feed.lost()
            case {"settled": answers, **rest}:
                positions = {name: at and Position(int(at["epoch"]), at["seq"]) for name, at in answers.items()}
                feed.settle(rest.get("round", feed.round), positions)
            case {"take": count}:
                for _ in range(count):
                    assert take()
    while take():
        pass
    assert gives == case["gives"]
    assert buffer.dropped == case["dropped"]
