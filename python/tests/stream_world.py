"""A world of consumers around one group, checked step by step against a model of what is pending with whom.

Time does not pass here: a step says which delivery has lain for long enough. Consumers crash and come back under their
names, act with receipts of long ago, leave; groups are destroyed. The model knows each delivery by a number of its own,
so it sees a receipt that means another delivery than its own.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from redis_patterns.streams import calls, replies
from stream_receipts import GROUP, Implementation, Naive, Ours, Receipt, run, words

NOBODY = ":waiting"
IDLE_US, TRIES = 60_000_000, 4
NAMES = ["a", "b", "c"]


@dataclass
class State:
    owner: str
    deliveries: int
    lain: bool = False
    serial: int = 0


@dataclass
class World:
    """Plays one schedule and counts what differs from the model."""

    rng: random.Random
    client: Any
    kind: type[Ours] | type[Naive]
    has_lives: bool = True
    faults: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def __post_init__(self) -> None:
        self.keys = calls.Keys.of(f"w{self.rng.getrandbits(64):x}")
        self.implementation: Implementation = self.kind(self.client, self.keys)
        self.entries: list[str] = []
        self.requests: dict[str, str] = {}
        self.read = self.serial = 0
        self.before: dict[tuple[str, str, int], int] = {}
        self.pending: dict[str, State] = {}
        self.ended: set[str] = set()
        self.buried: set[str] = set()
        self.receipts: list[Receipt] = []
        self.lives = Counter(dict.fromkeys(NAMES, 1))
        self._open()

    def play(self, steps: int) -> None:
        acts = [self._add, self._read, self._read, self._claim, self._own, self._ack, self._ack, self._renew]
        acts += [self._release, self._bury, self._lie, self._lie, self._leave, self._crash]
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
            self._claim("a:end")
            self._read("a:end")
            for message, state in list(self.pending.items()):
                if state.owner == "a:end":
                    self._ack((message, "a:end", state.deliveries, state.serial))
        if self.pending or self.read < len(self.entries) or set(self.entries) != self.ended | self.buried:
            self.faults["a message is neither acknowledged nor buried"] += 1
        letters = {one[1][b"id"].decode() for one in self.client.xrange(self.keys.dead)}
        if letters != self.buried:
            self.faults["the dead letters are not those of the model"] += 1

    def _check(self, what: str, seen: Any, expected: Any) -> None:
        if seen != expected:
            self.faults[what] += 1

    def _open(self) -> None:
        run(self.client, calls.open_group(self.keys, group=GROUP, consumer=self._seat("a")))

    def _seat(self, name: str | None = None) -> str:
        """A consumer of now, under the name that Redis knows."""
        name = name or self.rng.choice(NAMES)
        return f"{name}:{self.lives[name]}" if self.has_lives else name

    def _crash(self) -> None:
        """A consumer comes back under its name, and takes over what its former lives left."""
        name = self.rng.choice(NAMES)
        self.lives[name] += 1
        seat = self._seat(name)
        owners = {state.owner for state in self.pending.values()} - {seat}
        former = sorted(owner for owner in owners if owner.partition(":")[0] == name)
        opened = run(self.client, calls.open_group(self.keys, group=GROUP, consumer=seat))
        if self.has_lives:
            self._check("the former lives are others", sorted(opened.former), former)
        for of in former if self.has_lives else [seat]:
            self._own(seat, of)

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
        consumer = consumer or self._seat()
        command = [*calls.read(self.keys, group=GROUP, consumer=consumer, count=3, block_ms=1)]
        del command[6:8]  # does not wait
        got = [message.id for message in replies.read_messages(self.client.execute_command(*command)).messages]
        self._check("a read gives other messages", got, self.entries[self.read : self.read + 3])
        self.read += len(got)
        for message in got:
            self._given(message, consumer, 1)

    def _claim(self, consumer: str | None = None) -> None:
        consumer = consumer or self._seat()
        held = self._hand(consumer)
        expected, buried = [], 0
        for message in sorted(self.pending, key=self.entries.index):
            state = self.pending[message]
            if not state.lain:
                continue
            state.owner = consumer
            if message in held:
                continue
            if state.deliveries >= TRIES:
                del self.pending[message]
                self.buried.add(message)
                buried += 1
            else:
                expected.append((message, state.deliveries + 1))
        self._handed(consumer, self._take("anyone", consumer, held), expected, buried)

    def _own(self, consumer: str | None = None, of: str | None = None) -> None:
        consumer = consumer or self._seat()
        of = of or consumer
        held = self._hand(consumer)
        expected, buried = [], 0
        for message in sorted(self.pending, key=self.entries.index):
            state = self.pending[message]
            if state.owner != of or message in held:
                continue
            if state.deliveries >= TRIES:
                del self.pending[message]
                self.buried.add(message)
                buried += 1
            else:
                expected.append((message, state.deliveries + 1))
        self._handed(consumer, self._take("own", consumer, held, of), expected, buried)

    def _take(self, whose: calls.Whose, consumer: str, held: list[str], of: str | None = None) -> replies.Claimed:
        call = calls.claim(
            self.keys,
            group=GROUP,
            consumer=consumer,
            whose=whose,
            of=of,
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
        self.serial += 1
        serial = self.before.pop((message, consumer, deliveries), self.serial)
        self.pending[message] = State(consumer, deliveries, serial=serial)
        self.receipts.append((message, consumer, deliveries, serial))

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
        return state is not None and state.owner == receipt[1] and state.serial == receipt[3]

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
            delayed = self.rng.random() < 0.5
            call = calls.release(self.keys, **words(receipt), idle_us=IDLE_US, delay_us=IDLE_US if delayed else 0)
            theirs = self._is_theirs(receipt)
            self._check("a release of who has it no more counts", run(self.client, call) == "released", theirs)
            if theirs:
                self.pending[receipt[0]] = State(NOBODY, receipt[2], not delayed)

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
            name = self.rng.choice(NAMES)
            consumer = self._seat(name)
            self.lives[name] += 1
            mine = [state for state in self.pending.values() if state.owner == consumer]
            left = run(self.client, calls.leave(self.keys, group=GROUP, consumer=consumer, idle_us=IDLE_US))
            self._check("a farewell gives others back", left, replies.Left(len(mine), False))
            for state in mine:
                state.owner, state.deliveries, state.lain = NOBODY, state.deliveries - 1, True
            # It may be sent again, or arrive late: nothing is the former life's any more.
            if self.has_lives:
                again = run(self.client, calls.leave(self.keys, group=GROUP, consumer=consumer, idle_us=IDLE_US))
                self._check("a farewell sent again gives more back", again, replies.Left(0, False))

    def _destroy(self) -> None:
        """What was delivered once may come again; what was not must still come.

        A life that gets again what it has in hand works on it once, so both deliveries are one.
        """
        self.client.xgroup_destroy(self.keys.stream, GROUP)
        self._open()
        self.read = 0
        self.pending.clear()
        self.before = {receipt[:3]: receipt[3] for receipt in self.receipts}
