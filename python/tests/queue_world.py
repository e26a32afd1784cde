"""A world of workers around one queue, in virtual time: crashes, leases that end, jobs that are retried and put off."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

from redis_patterns.structures import queue

START_US = 4_102_444_800_000_000
LEASE_US = 1_000_000
TRIES = 4


class Implementation(Protocol):
    """What is put to the test. Times are virtual."""

    def push(self, job: str, delay_us: int, now_us: int) -> None: ...

    def pop(self, token: str, now_us: int) -> tuple[str, int] | None:
        """A job and its attempt."""

    def settle(self, job: str, token: str, verb: queue.Verb, now_us: int) -> str: ...

    def extend(self, job: str, token: str, now_us: int) -> bool: ...


class Ours:
    """The shipped scripts."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._queue = queue.Queue(name=name, tries=TRIES)
        settle = queue.settle(self._queue, id="x", token="t")
        for call in (queue.push(self._queue, id="x"), queue.pop(self._queue, token="t"), settle):
            client.script_load(call.script.source)
        client.script_load(queue.extend(self._queue, id="x", token="t").script.source)

    def push(self, job: str, delay_us: int, now_us: int) -> None:
        assert isinstance(self._run(queue.push(self._queue, id=job, delay_us=delay_us), now_us), queue.JobPushed)

    def pop(self, token: str, now_us: int) -> tuple[str, int] | None:
        handed = self._run(queue.pop(self._queue, token=token, lease_us=LEASE_US), now_us)
        return (handed.id, handed.attempt) if isinstance(handed, queue.Handed) else None

    def settle(self, job: str, token: str, verb: queue.Verb, now_us: int) -> str:
        return str(self._run(queue.settle(self._queue, id=job, token=token, verb=verb), now_us))

    def extend(self, job: str, token: str, now_us: int) -> bool:
        call = queue.extend(self._queue, id=job, token=token, lease_us=LEASE_US)
        return bool(self._run(call, now_us) == "extended")

    def _run(self, call: Any, now_us: int) -> Any:
        return call.read(self._client.execute_command(*call.at(now_us).evalsha))


class Naive:
    """RPOPLPUSH into a list of what is worked on, LREM when it is done: the common form, without a lease."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._waiting, self._working = f"naive:{name}", f"naive:{name}:working"
        self._attempts: Counter[str] = Counter()

    def push(self, job: str, delay_us: int, now_us: int) -> None:
        del delay_us, now_us
        self._client.lpush(self._waiting, job)

    def pop(self, token: str, now_us: int) -> tuple[str, int] | None:
        del token, now_us
        job = self._client.rpoplpush(self._waiting, self._working)
        if job is None:
            return None
        self._attempts[job.decode()] += 1
        return job.decode(), self._attempts[job.decode()]

    def settle(self, job: str, token: str, verb: queue.Verb, now_us: int) -> str:
        del token, now_us
        held = self._client.lrem(self._working, 1, job)
        if verb == "retry":
            self._client.lpush(self._waiting, job)
        return {"ack": "acked", "retry": "retried", "bury": "buried"}[verb] if held else "lost"

    def extend(self, job: str, token: str, now_us: int) -> bool:
        del job, token, now_us
        return True


@dataclass
class Work:
    """A job in somebody's hands, as far as they know."""

    job: str
    token: str
    until_us: int
    next_us: int


class World:
    """Runs one schedule and counts what must never happen."""

    def __init__(self, rng: random.Random, implementation: Implementation) -> None:
        self.rng = rng
        self.queue = implementation
        self.now_us = START_US
        self.faults: Counter[str] = Counter()
        self.handed = 0
        self.late = 0
        self._numbers = 0
        self._open: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._work: list[Work] = []
        self._order: list[str] = []
        # Who was given a job last and has not ended it; and which job a token was given last.
        self._holders: dict[str, str] = {}
        self._latest: dict[str, str] = {}

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.now_us += self.rng.choice([1, self.rng.randrange(LEASE_US // 4), self.rng.randrange(2 * LEASE_US)])
            roll = self.rng.random()
            if roll < 0.35:
                self._push()
            elif roll < 0.7 or not self._work:
                self._pop()
            else:
                self._act(self.rng.choice(self._work))
        self._drain()

    def _push(self) -> None:
        self._numbers += 1
        job = f"j{self._numbers}"
        delay_us = self.rng.choice([0, 0, 0, self.rng.randrange(1, 2 * LEASE_US)])
        self.queue.push(job, delay_us, self.now_us)
        self._open.add(job)
        if delay_us == 0:
            self._order.append(job)

    def _pop(self, token: str | None = None) -> bool:
        if token is None:
            self._numbers += 1
            token = f"t{self._numbers}"
        handed = self.queue.pop(token, self.now_us)
        if handed is None:
            return False
        self._given(token, *handed)
        return True

    def _repeat(self, work: Work) -> None:
        """Its answer was lost: it asks again with the same token."""
        job = self._latest.get(work.token)
        if job is None or not self._has(job, work.token):
            self._pop(work.token)
            return
        mine = next((one for one in self._work if (one.job, one.token) == (job, work.token)), None)
        if mine is None:
            return  # of that one it knows nothing more
        handed = self.queue.pop(work.token, self.now_us)
        if handed is None or handed[0] != job:
            self.faults["a pop that is repeated gives another job"] += 1
            if handed:
                self._given(work.token, *handed)
        elif mine.until_us <= self.now_us:
            self._given(work.token, *handed)
        elif handed[1] != self._attempts[job]:
            self.faults["a pop that is repeated counts twice"] += 1

    def _has(self, job: str, token: str) -> bool:
        """Whether it may still end the job: nobody else was given it, and no pop can have buried it."""
        live = any(one.job == job and one.token == token and one.until_us > self.now_us for one in self._work)
        return self._holders.get(job) == token and (live or self._attempts[job] < TRIES)

    def _given(self, token: str, job: str, attempt: int) -> None:
        self.handed += 1
        if any(work.job == job and work.until_us > self.now_us for work in self._work):
            self.faults["two work on one job"] += 1
        if job not in self._open:
            self.faults["a job that is done comes again"] += 1
        self._attempts[job] += 1
        if attempt != self._attempts[job] or attempt > TRIES:
            self.faults["an attempt is not counted"] += 1
        if job in self._order:
            if attempt == 1 and self._order[0] != job:
                self.faults["a job overtakes"] += 1
            self._order.remove(job)
        self._holders[job], self._latest[token] = token, job
        # One worker: what it had of this job before is what it has now.
        self._work = [work for work in self._work if (work.job, work.token) != (job, token)]
        self._work.append(Work(job, token, self.now_us + LEASE_US, self.now_us))

    def _act(self, work: Work) -> None:
        roll = self.rng.random()
        live = work.until_us > self.now_us
        if roll < 0.15:
            self._work.remove(work)  # it crashes
        elif roll < 0.25:
            self._repeat(work)
        elif roll < 0.35:
            mine = self._has(work.job, work.token)
            if self.queue.extend(work.job, work.token, self.now_us):
                self.faults["a job is held on by who has it no more"] += self._holders.get(work.job) != work.token
                work.until_us = max(work.until_us, self.now_us + LEASE_US)
            elif mine:
                self.faults["a lease is not extended although nobody else has the job"] += 1
        else:
            verb: queue.Verb = "ack" if roll < 0.75 else "retry" if roll < 0.95 else "bury"
            self._settle(work, verb, live)

    def _settle(self, work: Work, verb: queue.Verb, live: bool) -> None:
        mine = self._has(work.job, work.token)
        answer = self.queue.settle(work.job, work.token, verb, self.now_us)
        self._work.remove(work)
        if answer == "lost":
            self.faults["a live lease is lost"] += live
            self.faults["a job is lost to who has it, although nobody else was given it"] += mine and not live
            return
        self.faults["a job is ended by who has it no more"] += self._holders.get(work.job) != work.token
        self._holders.pop(work.job, None)
        if self._latest.get(work.token) == work.job:
            del self._latest[work.token]
        self.late += not live
        if answer in ("acked", "buried"):
            self._open.discard(work.job)

    def _drain(self) -> None:
        """Workers that never crash come: every job must be done in the end, or buried after its last attempt."""
        for _ in range(20):
            self.now_us += LEASE_US
            while self._pop():
                self._settle(self._work[-1], "ack", live=True)
            if not any(self._attempts[job] < TRIES for job in self._open):
                return
        self.faults["a job is lost"] += sum(self._attempts[job] < TRIES for job in self._open)
