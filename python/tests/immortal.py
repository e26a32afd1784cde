"""Watches that every key of ours expires: 0 < PTTL <= the bound of its contract, at any moment of the suite."""

from __future__ import annotations

import threading

import redis

DAY_MS = 86_400_000
SLACK_MS = 5
# The longest that any test asks for, per kind of key.
BOUNDS_MS = {
    "fence": DAY_MS + 3_600_000,
    "queue": 60_000,
    "waiters": 60_000,
    "lease": 120_000,
    "request": DAY_MS,
    "bucket": 3_600_000,
    "ratelimit": DAY_MS,
    "ratelog": 3_600_000,
    "lock": 120_000,
    "semaphore": 120_000,
    "redlock": 120_000,
    "fenced": 3_600_000,
    "cache": 7_200_000,
    "cachetag": 14_400_000,
    "counter": 3_600_000,
    "flag": DAY_MS,
    "scores": 62 * DAY_MS,
    "ids": 62 * DAY_MS,
    "dead": 90 * DAY_MS + 2,
    "channel": DAY_MS + 2,
    "id": 3_600_000,
    "list": 3_600_000,
    "queue:*": 8 * DAY_MS,
    "object:*": DAY_MS,
    "recent:*": DAY_MS,
    "series:*": DAY_MS,
    "tag:*": DAY_MS,
    "unique:*": 7 * DAY_MS,
    "log:*": 7 * DAY_MS,
}
ENTITIES = {"lock", "semaphore", "fenced", "bucket", "ratelimit", "ratelog", "cache", "counter", "flag", "board"}
ENTITIES |= {"session", "redlock", "cachetag", "stream", "channel"}
# Structures whose keys all share a bound.
WHOLE = ("queue", "object", "recent", "series", "tag", "unique", "log")


def kind(name: str) -> str | None:
    """The kind of one of our keys, or None for a key that is not ours."""
    entity, brace, rest = name.partition(":{")
    entity = entity.rpartition(":")[2]
    if brace and entity in WHOLE:
        return f"{entity}:*"
    if not brace or entity not in ENTITIES:
        return None
    fields = rest.partition("}")[2].split(":")
    return fields[1] if len(fields) > 1 else entity


def faults(client: redis.Redis) -> dict[str, str]:
    """The keys that break the rule now, and how."""
    found = {}
    for raw in client.scan_iter(count=1000):
        name = raw.decode()
        bound = BOUNDS_MS.get(kind(name) or "")
        if bound is None:
            continue
        left = client.pttl(name)
        if left == -1 or left > bound + SLACK_MS:
            found[name] = f"PTTL {left}, bound {bound}"
    return found


class Sampler(threading.Thread):
    """Looks again and again until it is told to finish."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._stop_asked = threading.Event()
        self._faults: dict[str, str] = {}
        self.samples = 0

    def run(self) -> None:
        while not self._stop_asked.wait(0.05):
            self._look()

    def finish(self) -> dict[str, str]:
        self._stop_asked.set()
        self.join()
        self._look()
        return self._faults

    def _look(self) -> None:
        try:
            self._faults.update(faults(self._client))
            self.samples += 1
        except redis.RedisError:
            pass
