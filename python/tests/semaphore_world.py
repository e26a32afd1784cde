"""A world of clients around one semaphore, in virtual time: weights, mixed leases, crashes, every wake-up lost."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from semaphores import START_US, Holding, Implementation

LIMIT = 4
TTLS_US = (200_000, 1_000_000, 5_000_000)


@dataclass
class Client:
    """One participant; a crashed one never acts again, and a new one takes its place."""

    owner: str
    state: str = "idle"
    weight: int = 1
    ttl_us: int = 0
    patience_us: int = 0
    next_us: int = 0
    until_us: int = 0
    leaves_us: int = 0


class World:
    """Runs one schedule and counts what must never happen.

    It knows what a semaphore promises, not how: who is granted is seen in what the server keeps after each step.
    """

    def __init__(self, rng: random.Random, semaphore: Implementation) -> None:
        self.rng = rng
        self.semaphore = semaphore
        self.now_us = START_US
        self.faults: Counter[str] = Counter()
        self.grants = 0
        self._number = 0
        self._last_fence = 0
        self._seen: dict[str, Holding] = {}
        self._line: list[Client] = []
        """Who waits, in the order of asking, the crashed too: the server cannot know that they are."""
        self.clients = [self._newcomer() for _ in range(rng.randint(2, 7))]

    def run(self, steps: int) -> None:
        """Random acts, then only waiting clients ask on: each must be granted in the end."""
        for _ in range(steps):
            client = min(self.clients, key=lambda one: one.next_us)
            self.now_us = max(self.now_us, client.next_us)
            self._act(client)
            if self.rng.random() < 0.005:
                self._lose()
        self._drain()

    def _act(self, client: Client) -> None:
        roll = self.rng.random()
        if roll < 0.04:  # it crashes, holding or waiting or not, and is replaced
            self.clients[self.clients.index(client)] = self._newcomer()
        elif client.state == "idle":
            client.weight = self.rng.choice([1, 1, 2, 3, LIMIT])
            client.ttl_us = self.rng.choice(TTLS_US)
            client.patience_us = self.rng.choice([0, 200_000, 400_000, 900_000])
            self._ask(client)
        elif client.state == "waiting":
            if roll < 0.12:
                self._release(client)
            else:
                self._ask(client)
        elif roll < 0.35 and client.until_us > self.now_us:
            self._renew(client)
        elif roll < 0.45:
            self._later(client, 2 * client.ttl_us)  # it is stopped, perhaps for longer than its lease
        elif roll < 0.5 and client.until_us > self.now_us:
            self._ask(client)  # a repeat after a lost reply
        else:
            self._release(client)

    def _drain(self) -> None:
        for client in self.clients:
            if client.state == "holding":
                self._release(client)
        end_us = self.now_us + 3 * max(TTLS_US)  # longer than all that crashed clients can hold
        while self.now_us < end_us:
            waiting = [client for client in self.clients if client.state == "waiting"]
            if not waiting:
                return
            client = min(waiting, key=lambda one: one.next_us)
            self.now_us = max(self.now_us, client.next_us)
            self._ask(client)
            if client.state == "holding":
                self._release(client)
        self.faults["a waiter is never granted"] += 1

    def _ask(self, client: Client) -> None:
        repeated, holds = client.state == "holding", client.owner in self._seen
        newcomer = client.state == "idle" or client.leaves_us <= self.now_us
        status, fence = self.semaphore.acquire(
            client.owner, client.weight, LIMIT, client.ttl_us, client.patience_us, self.now_us
        )
        if newcomer and not repeated:
            self._line = [one for one in self._line if one is not client]
        if status == "waiting" and client not in self._line:
            self._line.append(client)
        self._look(client if newcomer else None)
        if not holds:  # who comes for what it was handed serves nobody; the waiters' own questions do
            self._fits_and_waits()
        if status == "acquired":
            if repeated and fence > self._last_fence:
                self.faults["a repeat got another fence"] += 1
            self._last_fence = max(self._last_fence, fence)
            client.state, client.until_us = "holding", self.now_us + client.ttl_us
            self._line = [one for one in self._line if one is not client]
            self._too_many()
            self._later(client, client.ttl_us // 2)
        elif repeated:
            self.faults["a repeat is refused"] += 1
            self._gone(client)
        elif status == "waiting":
            client.state, client.leaves_us = "waiting", self.now_us + client.patience_us
            # Mostly well within its patience, sometimes later: what it was handed has lapsed then.
            self._later(client, client.patience_us * (2 if self.rng.random() < 0.1 else 1) // 2)
        else:
            client.state = "idle"
            self._later(client, 1_000_000)

    def _renew(self, client: Client) -> None:
        if self.semaphore.renew(client.owner, client.ttl_us, self.now_us):
            client.until_us = max(client.until_us, self.now_us + client.ttl_us)
        else:
            self.faults["live permits are not renewed"] += 1
        self._look(None)
        self._later(client, client.ttl_us)

    def _release(self, client: Client) -> None:
        in_time = client.state == "holding" and client.until_us > self.now_us
        late = client.state == "holding" and not in_time
        answer = self.semaphore.release(client.owner, self.now_us)
        if in_time and answer != "released":
            self.faults["live permits are not released"] += 1
        if late and client.until_us and answer == "released":
            self.faults["lost permits are called released"] += 1
        self._line = [one for one in self._line if one is not client]
        self._look(None)
        if answer != "lost":
            self._fits_and_waits()
        self._gone(client)

    def _look(self, asker: Client | None) -> None:
        """Whoever was granted since the last look: were all who came before them?"""
        seen = {
            owner: held for owner, held in self.semaphore.holders(self.now_us).items() if held.until_us > self.now_us
        }
        new = {owner: held for owner, held in seen.items() if owner not in self._seen}
        self.grants += len(new)
        for fence in sorted(held.fence for held in new.values()):
            if fence <= self._last_fence:
                self.faults["a fence does not grow"] += 1
            self._last_fence = max(self._last_fence, fence)
        living = [one for one in self._line if one.leaves_us > self.now_us and one is not asker]
        passed = False
        for one in living:
            if one.owner not in seen:
                passed = True
            elif one.owner in new and passed:
                self.faults["a waiter is passed"] += 1
        if asker is not None and asker.owner in new and passed:
            self.faults["a waiter is passed"] += 1
        self._line = [one for one in self._line if one.owner not in seen]
        self._seen = seen

    def _fits_and_waits(self) -> None:
        used = sum(held.weight for held in self._seen.values())
        if used > LIMIT:
            self.faults["more permits than there are"] += 1
        living = [one for one in self._line if one.leaves_us > self.now_us]
        if living and used + living[0].weight <= LIMIT:
            self.faults["the first waiter fits and is not granted"] += 1

    def _too_many(self) -> None:
        """By what the holders themselves believe, which is what counts."""
        used = sum(one.weight for one in self.clients if one.state == "holding" and one.until_us > self.now_us)
        if used > LIMIT:
            self.faults["more are at work than permits"] += 1

    def _lose(self) -> None:
        """A failover to an empty replica: nothing protects a lease whose record was lost."""
        self.semaphore.lose()
        self._line, self._seen = [], {}
        for client in self.clients:
            client.leaves_us = 0
            if client.state == "holding":
                client.until_us = 0

    def _gone(self, client: Client) -> None:
        self._rename(client)
        client.state = "idle"
        self._later(client, 500_000)

    def _later(self, client: Client, within_us: int) -> None:
        client.next_us = self.now_us + 1 + self.rng.randrange(max(within_us, 1))

    def _rename(self, client: Client) -> None:
        self._number += 1
        client.owner = f"o{self._number}"

    def _newcomer(self) -> Client:
        client = Client("")
        self._rename(client)
        self._later(client, 250_000)
        return client
