"""One worker of a mixed fleet, for tests: `python -m redis_patterns._fleet VERB --url ... --json`.

The Swift worker (`redis-patterns fleet`) takes the same words, prints the same JSON, and meets this one on its keys.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from . import TEXT, Absent, Cache, Limit, Lock, RateLimiter, Session, Sessions, connect
from ._stream_fleet import StreamWorker
from ._structure_fleet import StructureWorker

_PATIENCE = 60.0
"""Seconds to wait for the other workers."""


@dataclass(frozen=True, slots=True)
class Worker:
    """All workers wait for each other first, so that they really meet."""

    redis: redis.Redis
    namespace: str
    workers: int

    def bucket(self, name: str, limit: Limit, attempts: int) -> dict[str, Any]:
        """Takes one unit at a time from one bucket, and says what was left after each that was admitted."""
        limiter = RateLimiter(self.redis, limit, namespace=self.namespace)
        self.meet()
        decisions = [limiter.take(name) for _ in range(attempts)]
        remaining = [decision.tiers[0].remaining for decision in decisions if decision.status == "allowed"]
        return {"admitted": len(remaining), "denied": attempts - len(remaining), "remaining": remaining}

    def lock(self, name: str, rounds: int) -> dict[str, Any]:
        """Enters a critical section again and again, and writes its begin and end into one log."""
        lock = Lock(self.redis, name, ttl=5, wait=_PATIENCE, patience=0.5, namespace=self.namespace)
        self.meet()
        for _ in range(rounds):
            with lock as lease:
                self._critical(lease.fence)
        return {"rounds": rounds}

    def cache(self, keys: int, load_us: int) -> dict[str, Any]:
        """Asks for the same cold keys as all others at the same time, and counts the loads of each."""
        cache = Cache(self.redis, codec=TEXT, namespace=self.namespace)
        self.meet()
        wrong = 0
        for key in range(keys):

            def load(key: int = key) -> str | Absent:
                self.redis.hincrby(f"{self.namespace}:fleet:loads", f"key-{key}", 1)
                time.sleep(load_us / 1_000_000)
                return f"value-{key}"

            wrong += cache.get_or_load(f"key-{key}", load) != f"value-{key}"
            self.meet()
        return {"keys": keys, "wrong": wrong}

    def refresh(self, loads: int, ttl_us: int, load_us: int) -> dict[str, Any]:
        """Asks for one key, again and again, until it has been loaded so many times.

        Each load says in one log which entry it was to replace.
        """
        cache: Cache[str] = Cache(
            self.redis,
            codec=TEXT,
            namespace=self.namespace,
            ttl=ttl_us / 1_000_000,
            grace=60,
            jitter=0,
            wait=60,
            refresh="background",
        )
        log, entry = f"{self.namespace}:fleet:log", f"{self.namespace}:cache:{{hot}}"

        def load() -> str:
            seen = bytes(self.redis.execute_command("GETRANGE", entry, 24, 31))
            line = f"[{seen.hex('.')}] python-{os.getpid()}"
            self.redis.execute_command("RPUSH", log, f"begin {line}")
            time.sleep(load_us / 1_000_000)
            number = int(self.redis.execute_command("INCR", f"{self.namespace}:fleet:version"))
            self.redis.execute_command("RPUSH", log, f"end {line}")
            return str(number)

        self.meet()
        asked = backwards = last = 0
        while last < loads:
            number = int(str(cache.get_or_load("hot", load)))
            asked += 1
            backwards += number < last
            last = max(last, number)
            time.sleep(0.001)
        cache.drain()
        return {"asked": asked, "backwards": backwards}

    def session(self, logins: int, limit: int, rounds: int) -> dict[str, Any]:
        """Logs one user in beside all others, then shares a session with them until one of them ends it.

        Says how many of its own logins live, how many fields of all were kept, and what should not have been.
        """
        limited = Sessions(self.redis, limit=limit, namespace=self.namespace)
        self.meet()
        made = [limited.create("fleet") for _ in range(logins)]
        self.meet()
        alive = sum(isinstance(one, Session) and limited.load(one.id) is not None for one in made)

        sessions, place = Sessions(self.redis, namespace=self.namespace), f"{self.namespace}:fleet:shared"
        first = int(self.redis.execute_command("INCR", f"{self.namespace}:fleet:first")) == 1
        if first:
            shared = sessions.create("shared")
            assert isinstance(shared, Session)
            self.redis.execute_command("SET", place, shared.id.text)
        self.meet()
        identity, mine, lost = self.redis.execute_command("GET", place).decode(), f"python-{os.getpid()}", 0
        for number in range(1, rounds + 1):
            loaded = sessions.load(identity)
            lost += loaded is None or loaded.data.get(mine, "0") != str(number - 1)
            sessions.update(identity, {mine: str(number)})
        self.meet()
        kept = sessions.load(identity)
        self.meet()
        late, over = 0, False
        while not over:
            if first:
                sessions.revoke_all("shared")
                self.redis.execute_command("SET", f"{place}:over", 1)
            over = self.redis.execute_command("GET", f"{place}:over") is not None
            late += isinstance(sessions.update(identity, {mine: "late"}), Session) and over
        self.meet()
        back = sessions.load(identity) is not None
        return {"alive": alive, "fields": len(kept.data) if kept else 0, "lost": lost, "late": late, "back": back}

    def meet(self) -> None:
        """Returns when every worker has come here as often as this one."""
        counter = f"{self.namespace}:fleet:ready"
        mine = int(self.redis.execute_command("INCR", counter))
        wanted = (mine - 1) // self.workers * self.workers + self.workers
        deadline = time.monotonic() + _PATIENCE
        while int(self.redis.execute_command("GET", counter) or 0) < wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the other workers did not come within {_PATIENCE:.0f} s")
            time.sleep(0.001)

    def _critical(self, fence: int) -> None:
        """A read and a write with time between: whoever overlaps loses an update, and shows in the log."""
        log, counter = f"{self.namespace}:fleet:log", f"{self.namespace}:fleet:counter"
        me = f"python-{os.getpid()}"
        self.redis.execute_command("RPUSH", log, f"begin {fence} {me}")
        count = int(self.redis.execute_command("GET", counter) or 0)
        self.redis.execute_command("SET", counter, count + 1)
        self.redis.execute_command("RPUSH", log, f"end {fence} {me}")


def main(arguments: Sequence[str] | None = None) -> None:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", required=True)
    shared.add_argument("--namespace", required=True)
    shared.add_argument("--workers", type=int, required=True)
    shared.add_argument("--json", action="store_true", help="there is no other form")
    parser = argparse.ArgumentParser(prog="python -m redis_patterns._fleet", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    bucket = verbs.add_parser("bucket", parents=[shared])
    bucket.add_argument("--id", default="fleet")
    for number in ("--limit", "--per-us", "--burst", "--attempts"):
        bucket.add_argument(number, type=int, required=True)
    lock = verbs.add_parser("lock", parents=[shared])
    lock.add_argument("--name", default="fleet")
    lock.add_argument("--rounds", type=int, required=True)
    cache = verbs.add_parser("cache", parents=[shared])
    cache.add_argument("--keys", type=int, required=True)
    cache.add_argument("--load-us", type=int, default=20_000)
    refresh = verbs.add_parser("refresh", parents=[shared])
    refresh.add_argument("--loads", type=int, required=True)
    refresh.add_argument("--ttl-us", type=int, required=True)
    refresh.add_argument("--load-us", type=int, default=20_000)
    session = verbs.add_parser("session", parents=[shared])
    for number in ("--logins", "--limit", "--rounds"):
        session.add_argument(number, type=int, required=True)
    stream = verbs.add_parser("stream", parents=[shared])
    stream.add_argument("--name", default="fleet")
    stream.add_argument("--consumer", required=True)
    stream.add_argument("--idle-us", type=int, required=True)
    stream.add_argument("--work-us", type=int, required=True)
    stream.add_argument("--face", choices=["sync", "aio", "naive"], default="sync")

    board = verbs.add_parser("board", parents=[shared])
    board.add_argument("--name", default="fleet")
    board.add_argument("--rounds", type=int, required=True)
    counter = verbs.add_parser("counter", parents=[shared])
    counter.add_argument("--name", default="fleet")
    for number in ("--most", "--attempts"):
        counter.add_argument(number, type=int, required=True)
    queue = verbs.add_parser("queue", parents=[shared])
    queue.add_argument("--name", default="fleet")
    for number in ("--lease-us", "--work-us"):
        queue.add_argument(number, type=int, required=True)
    queue.add_argument("--face", choices=["sync", "aio"], default="sync")

    given = parser.parse_args(arguments)
    client = connect(given.url)
    worker = Worker(client, given.namespace, given.workers)
    structures = StructureWorker(given.url, client, given.namespace, worker.meet)
    try:
        if given.verb == "bucket":
            limit = Limit("default", given.limit, given.per_us, given.burst)
            result = worker.bucket(given.id, limit, given.attempts)
        elif given.verb == "lock":
            result = worker.lock(given.name, given.rounds)
        elif given.verb == "stream":
            place = (given.url, client, given.namespace, given.name, given.consumer)
            streamer = StreamWorker(*place, given.idle_us, given.work_us)
            faces = {"sync": streamer.run, "aio": streamer.run_aio, "naive": streamer.run_naively}
            result = faces[given.face]()
        elif given.verb == "board":
            result = structures.board(given.name, given.rounds)
        elif given.verb == "counter":
            result = structures.counter(given.name, given.most, given.attempts)
        elif given.verb == "queue":
            run = structures.queue if given.face == "sync" else structures.queue_aio
            result = run(given.name, given.lease_us, given.work_us)
        elif given.verb == "cache":
            result = worker.cache(given.keys, given.load_us)
        elif given.verb == "session":
            result = worker.session(given.logins, given.limit, given.rounds)
        else:
            result = worker.refresh(given.loads, given.ttl_us, given.load_us)
    finally:
        client.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
