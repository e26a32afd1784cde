"""What stands in a database, as the vectors write it."""

from __future__ import annotations

from typing import Any

import redis

from redis_patterns._scenario import text_or_hex

_READ = """
local left, time = redis.call('PTTL', KEYS[1]), redis.call('TIME')
return { left, time[1], time[2] }
"""


def expires_ms(client: Any, key: str | bytes) -> int:
    """When a key ends, in Unix milliseconds; below 0: never, or there is none."""
    try:
        return int(client.execute_command("PEXPIRETIME", key))
    except redis.ResponseError:  # Redis 6.2; the sum is the deadline or a millisecond more
        sums: list[int] = []
        for _ in range(5):
            left, seconds, micros = client.eval(_READ, 1, key)
            if left < 0:
                return int(left)
            sums.append(int(seconds) * 1000 + int(micros) // 1000 + left)
        return min(sums)


def _pairs(flat: list[Any]) -> list[tuple[bytes, bytes]]:
    # redis-py makes floats of the scores, unless it was made not to.
    pairs = flat if flat and isinstance(flat[0], (tuple, list)) else zip(flat[::2], flat[1::2], strict=True)
    return [(member, score if isinstance(score, bytes) else b"%.17g" % score) for member, score in pairs]


def _stream(client: Any, key: bytes) -> Any:
    """The entries; where there are groups also what is pending with whom, without times, which are the server's own."""
    entries = client.execute_command(b"XRANGE", key, "-", "+")
    groups = {}
    for group in client.xinfo_groups(key):
        pending = client.xpending_range(key, group["name"], "-", "+", 1000)
        groups[group["name"].decode()] = {
            "last": group["last-delivered-id"].decode(),
            "consumers": sorted(one["name"].decode() for one in client.xinfo_consumers(key, group["name"])),
            "pending": [
                [one["message_id"].decode(), one["consumer"].decode(), one["times_delivered"]] for one in pending
            ],
        }
    written = [[text_or_hex(entry), *map(text_or_hex, words)] for entry, words in entries]
    return {"entries": written, "groups": groups} if groups else written


def leaves(client: Any, start_us: int) -> list[dict[str, Any]]:
    """Every key of the database: name, type, value, and its end counted from the scenario's start."""
    left = []
    for raw in sorted(client.keys()):
        kind = client.type(raw).decode()
        value: Any
        if kind == "hash":
            value = {name.decode(): text_or_hex(stored) for name, stored in client.hgetall(raw).items()}
        elif kind == "list":
            value = [text_or_hex(item) for item in client.lrange(raw, 0, -1)]
        elif kind == "set":
            value = sorted((text_or_hex(member) for member in client.smembers(raw)), key=str)
        elif kind == "zset":
            flat = client.execute_command("ZRANGE", raw, 0, -1, "WITHSCORES", NEVER_DECODE=True)
            value = [[text_or_hex(word) for word in pair] for pair in _pairs(flat)]
        elif kind == "stream":
            value = _stream(client, raw)
        else:
            value = text_or_hex(client.get(raw) or b"")
        at = expires_ms(client, raw)
        expires = at - start_us // 1000 if at >= 0 else None
        left.append({"key": text_or_hex(raw), "type": kind, "value": value, "expires_in_ms": expires})
    return sorted(left, key=lambda entry: str(entry["key"]))
