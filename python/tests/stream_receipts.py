"""How a delivery is ended or kept: by the shipped scripts, and as most programs do it."""

from __future__ import annotations

from typing import Any, Protocol

import redis

from redis_patterns.streams import calls

GROUP = "g"
Receipt = tuple[str, str, int, int]
"""Message, consumer, deliveries; and which delivery it is, which only the model knows."""


class Implementation(Protocol):
    """What is put to the test: how a delivery is ended or kept."""

    def ack(self, receipt: Receipt) -> bool: ...

    def renew(self, receipt: Receipt) -> bool: ...


class Ours:
    """The shipped scripts."""

    def __init__(self, client: Any, keys: calls.Keys) -> None:
        self._client, self._keys = client, keys

    def ack(self, receipt: Receipt) -> bool:
        return bool(run(self._client, calls.ack(self._keys, **words(receipt))) == "acked")

    def renew(self, receipt: Receipt) -> bool:
        return bool(run(self._client, calls.renew(self._keys, **words(receipt))) == "renewed")


class Naive:
    """XACK and XCLAIM as most programs send them: without a look at whose the message is by now."""

    def __init__(self, client: Any, keys: calls.Keys) -> None:
        self._client, self._keys = client, keys

    def ack(self, receipt: Receipt) -> bool:
        return bool(self._client.execute_command(b"XACK", self._keys.stream, GROUP, receipt[0]))

    def renew(self, receipt: Receipt) -> bool:
        message, consumer, *_ = receipt
        return bool(self._client.execute_command(b"XCLAIM", self._keys.stream, GROUP, consumer, 0, message, "JUSTID"))


def words(receipt: Receipt) -> calls.Receipt:
    return {"group": GROUP, "consumer": receipt[1], "message_id": receipt[0], "deliveries": receipt[2]}


def run(client: Any, call: Any) -> Any:
    try:
        return call.read(client.execute_command(*call.evalsha))
    except redis.exceptions.NoScriptError:
        return call.read(client.execute_command(*call.eval))
