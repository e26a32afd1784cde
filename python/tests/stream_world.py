"""A world of consumers around one group, checked step by step against a model of what is pending with whom.

Time does not pass here: a step says which delivery has lain for long enough. Consumers crash, act with receipts of
long ago, leave; groups are destroyed.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis

from redis_patterns.streams import calls, replies

GROUP, NOBODY = "g", ":waiting"
IDLE_US, TRIES = 60_000_000, 4
CONSUMERS = ["a", "b", "c"]
Receipt = tuple[str, str, int]
"""Message, consumer, deliveries."""


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
        message, consumer, _ = receipt
        return bool(self._client.execute_command(b"XCLAIM", self._keys.stream, GROUP, consumer, 0, message, "JUSTID"))


def words(receipt: Receipt) -> calls.Receipt:
    return {"group": GROUP, "consumer": receipt[1], "message_id": receipt[0], "deliveries": receipt[2]}


def run(client: Any, call: Any) -> Any:
    try:
        return call.read(client.execute_command(*call.evalsha))
    except redis.exceptions.NoScriptError:
        return call.read(client.execute_command(*call.eval))


@dataclass
class State:
    owner: str
    deliveries: int
    lain: bool = False


@dataclass
class World:
    """Plays one schedule and counts what differs from the model."""

    rng: random.Random
    client: Any
    kind: type[Ours] | type[Naive]
    faults: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def __post_init__(self) -> None:
        self.keys = calls.Keys.of(f"w{self.rng.getrandbits(64):x}")
        self.implementation: Implementation = self.kind(self.client, self.keys)
        self.entries: list[str] = []
        self.requests: dict[str, str] = {}
        self.read = 0
        self.pending: dict[str, State] = {}
        self.ended: set[str] = set()
        self.buried: set[str] = set()
        self.receipts: list[Receipt] = []
        self._open()

    def play(self, steps: int) -> None:
        acts = [self._add, self._read, self._read, self._claim, self._own, self._ack, self._ack, self._renew]
        acts += [self._release, self._bury, self._lie, self._lie, self._leave]
        for _ in range(steps):
            self.rng.choice(acts)()
            if self.rng.random() < 0.01:
                self._destroy()
            self.steps += 1
            if self.faults:
                return  # model and server differ from here on
        self._drain()

    def _drain(self) -> None:
        """In the end every message was acknowledged or buried: none is lost."""
        for _ in range(2 * TRIES + 2):
            self._lie(everything=True)
            self._claim("a")
            self._read("a")
            for message, state in list(self.pending.items()):
                if state.owner == "a":
                    self._ack((message, "a", state.deliveries))
        if self.pending or self.read < len(self.entries) or set(self.entries) != self.ended | self.buried:
            self.faults["a message is neither acknowledged nor buried"] += 1
        letters = {one[1][b"id"].decode() for one in self.client.xrange(self.keys.dead)}
        if letters != self.buried:
            self.faults["the dead letters are not those of the model"] += 1

    def _check(self, what: str, seen: Any, expected: Any) -> None:
        if seen != expected:
            self.faults[what] += 1

    def _open(self) -> None:
        run(self.client, calls.open_group(self.keys, group=GROUP, consumer="a"))

    def _add(self) -> None:
        request = self.rng.choice([None, *(f"r{number}" for number in range(40))])
        added = run(self.client, calls.add(self.keys, {"n": "1"}, length=0, request=request))
        first = self.requests.get(request or "")
        if first is not None:
            self._check("a repeated request appends again", (added.id, added.duplicate), (first, True))
            return
        if request is not None:
            self.requests[request] = added.id
        self.entries.append(added.id)

    def _read(self, consumer: str | None = None) -> None:
        consumer = consumer or self.rng.choice(CONSUMERS)
        command = [*calls.read(self.keys, group=GROUP, consumer=consumer, count=3, block_ms=1)]
        del command[6:8]  # does not wait
        got = [message.id for message in replies.read_messages(self.client.execute_command(*command)).messages]
        self._check("a read gives other messages", got, self.entries[self.read : self.read + 3])
        self.read += len(got)
        for message in got:
            self._given(message, consumer, 1)

    def _claim(self, consumer: str | None = None) -> None:
        consumer = consumer or self.rng.choice(CONSUMERS)
        held = self._hand(consumer)
        expected, buried = [], 0
        for message in sorted(self.pending, key=self.entries.index):
            state = self.pending[message]
            if not state.lain:
                continue
            state.owner, state.lain = consumer, False
            if message in held:
                continue
            if state.deliveries >= TRIES:
                del self.pending[message]
                self.buried.add(message)
                buried += 1
            else:
                expected.append((message, state.deliveries + 1))
        self._handed(consumer, self._take("anyone", consumer, held), expected, buried)

    def _own(self) -> None:
        consumer = self.rng.choice(CONSUMERS)
        held = self._hand(consumer)
        expected, buried = [], 0
        for message in sorted(self.pending, key=self.entries.index):
            state = self.pending[message]
            if state.owner != consumer or message in held:
                continue
            if state.deliveries >= TRIES:
                del self.pending[message]
                self.buried.add(message)
                buried += 1
            else:
                expected.append((message, state.deliveries + 1))
        self._handed(consumer, self._take("own", consumer, held), expected, buried)

    def _take(self, whose: calls.Whose, consumer: str, held: list[str]) -> replies.Claimed:
        call = calls.claim(
            self.keys,
            group=GROUP,
            consumer=consumer,
            whose=whose,
            idle_us=IDLE_US,
            count=100,
            tries=TRIES,
            length=1000,
            held=held,
        )
        got = run(self.client, call)
        assert isinstance(got, replies.Claimed)
        return got

    def _handed(self, consumer: str, got: replies.Claimed, expected: list[tuple[str, int]], buried: int) -> None:
        self._check("a claim gives others", [(one.id, one.deliveries) for one in got.messages], expected)
        self._check("a claim buries others", got.buried, buried)
        for message, deliveries in expected:
            self._given(message, consumer, deliveries)

    def _given(self, message: str, consumer: str, deliveries: int) -> None:
        self.pending[message] = State(consumer, deliveries)
        self.receipts.append((message, consumer, deliveries))

    def _hand(self, consumer: str) -> list[str]:
        """What the consumer works on; a crash has emptied some hands."""
        owned = [message for message, state in self.pending.items() if state.owner == consumer]
        return [message for message in owned if self.rng.random() < 0.5]

    def _receipt(self) -> Receipt | None:
        """Often one of now, sometimes one of long ago."""
        return (
            self.rng.choice(self.receipts[-8:] if self.rng.random() < 0.7 else self.receipts) if self.receipts else None
        )

    def _is_theirs(self, receipt: Receipt) -> bool:
        state = self.pending.get(receipt[0])
        return state is not None and (state.owner, state.deliveries) == receipt[1:]

    def _ack(self, receipt: Receipt | None = None) -> None:
        receipt = receipt or self._receipt()
        if receipt is None:
            return
        theirs = self._is_theirs(receipt)
        self._check("an ack of who has it no more counts", self.implementation.ack(receipt), theirs)
        if theirs:
            del self.pending[receipt[0]]
            self.ended.add(receipt[0])

    def _renew(self) -> None:
        if receipt := self._receipt():
            theirs = self._is_theirs(receipt)
            self._check("a renewal steals a message back", self.implementation.renew(receipt), theirs)
            if theirs:
                self.pending[receipt[0]].lain = False

    def _release(self) -> None:
        if receipt := self._receipt():
            counted, delayed = self.rng.random() < 0.5, self.rng.random() < 0.5
            delay = IDLE_US if delayed else 0
            call = calls.release(self.keys, **words(receipt), idle_us=IDLE_US, delay_us=delay, counted=counted)
            theirs = self._is_theirs(receipt)
            self._check("a release of who has it no more counts", run(self.client, call) == "released", theirs)
            if theirs:
                self.pending[receipt[0]] = State(NOBODY, receipt[2] - (not counted), not delayed)

    def _bury(self) -> None:
        if (receipt := self._receipt()) and self.rng.random() < 0.2:
            call = calls.bury(self.keys, **words(receipt), reason="rejected", length=1000)
            theirs = self._is_theirs(receipt)
            done = isinstance(run(self.client, call), replies.Buried)
            self._check("a burial by who has it no more counts", done, theirs)
            if theirs:
                del self.pending[receipt[0]]
                self.buried.add(receipt[0])

    def _lie(self, everything: bool = False) -> None:
        chosen = list(self.pending) if everything else self.rng.sample(list(self.pending), min(2, len(self.pending)))
        for message in chosen:
            state = self.pending[message]
            options = ("IDLE", IDLE_US // 1000, "RETRYCOUNT", state.deliveries, "JUSTID")
            self.client.execute_command(b"XCLAIM", self.keys.stream, GROUP, state.owner, 0, message, *options)
            state.lain = True

    def _leave(self) -> None:
        if self.rng.random() < 0.3:
            consumer = self.rng.choice(CONSUMERS)
            mine = [state for state in self.pending.values() if state.owner == consumer]
            left = run(self.client, calls.leave(self.keys, group=GROUP, consumer=consumer, idle_us=IDLE_US))
            self._check("a farewell gives others back", left, replies.Left(len(mine), False))
            for state in mine:
                state.owner, state.deliveries, state.lain = NOBODY, state.deliveries - 1, True

    def _destroy(self) -> None:
        """What was delivered once may come again; what was not must still come."""
        self.client.xgroup_destroy(self.keys.stream, GROUP)
        self._open()
        self.read = 0
        self.pending.clear()
