"""The calls of the cache as values, and what their replies mean. Pure: nothing here talks to a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._arguments import digits, token, whole
from ..errors import argument_error
from ..keys import key
from ..script import ScriptCall, load, status_of
from .entry import MOST_TAGS, Entry, Tag

Fill: TypeAlias = Literal["stored", "lost", "older"]
Put: TypeAlias = Literal["stored", "older"]
Renewal: TypeAlias = Literal["renewed", "lost"]
Release: TypeAlias = Literal["released", "lost"]
_FILL: tuple[Fill, ...] = ("stored", "lost", "older")
_PUT: tuple[Put, ...] = ("stored", "older")
_RENEWAL: tuple[Renewal, ...] = ("renewed", "lost")
_RELEASE: tuple[Release, ...] = ("released", "lost")

KEEP_US = 60_000_000
"""How long a tombstone lies, by default."""


@dataclass(frozen=True, slots=True)
class Found:
    """A fresh entry."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Win:
    """Ours to load. `entry` is stale or soon will be, or there is none."""

    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Holdoff:
    """Ours to load, but not to be cached: the source may still lag behind a delete."""

    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else loads; the lease ends after `retry_after` if it is not renewed."""

    retry_after: timedelta
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The last load failed; nobody asks the source again before `retry_after`."""

    retry_after: timedelta
    entry: Entry | None


Acquire: TypeAlias = Found | Win | Holdoff | Busy | Failed


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many entries were there: 0 or 1."""

    entries: int


@dataclass(frozen=True, slots=True)
class Older:
    """The entry is newer than the version that was to be forgotten, and stays."""


@dataclass(frozen=True, slots=True)
class Marked:
    """How many entries were fresh until now: 0 or 1."""

    entries: int


Delete: TypeAlias = Deleted | Older


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one cached value."""

    entry: str
    lease: str

    @classmethod
    def of(cls, name: str, *, namespace: str | None = None) -> Keys:
        entry = key("cache", name, namespace=namespace)
        return cls(entry, f"{entry}:lease")


def acquire(keys: Keys, *, token: str, ttl_us: int, early_us: int = 0, dead_us: int = 0) -> ScriptCall[Acquire]:
    """Reads the entry, or wins the right to load it for `ttl_us`; also `early_us` before its end.

    `dead_us`: the `fresh_until_us` of an entry that was found worthless or stale by its tags.
    """
    times = (digits(whole(ttl_us, "ttl", 1000)), digits(whole(early_us, "early", 0)), digits(dead_us))
    args = (_token(token), *times, b"0")
    return ScriptCall(load("cache_acquire"), (keys.entry, keys.lease), args, _read_acquire)


def fill(keys: Keys, *, token: str, value: Entry, ttl_us: int, grace_us: int = 0) -> ScriptCall[Fill]:
    """Stores what the holder of the lease has loaded, fresh for `ttl_us` and then served stale for `grace_us`."""
    args = (_token(token), *_stored(value, ttl_us, grace_us), b"0")
    return ScriptCall(load("cache_fill"), (keys.entry, keys.lease), args, _read_fill)


def put(keys: Keys, *, value: Entry, ttl_us: int, grace_us: int = 0) -> ScriptCall[Put]:
    """Stores what was written to the source, unless what is stored is newer; voids every load under way."""
    args = (*_stored(value, ttl_us, grace_us), b"0")
    return ScriptCall(load("cache_put"), (keys.entry, keys.lease), args, _read_put)


def renew(keys: Keys, *, token: str, ttl_us: int) -> ScriptCall[Renewal]:
    """Keeps the right to load while a slow loader runs."""
    args = (_token(token), digits(whole(ttl_us, "ttl", 1000)), b"0")
    return ScriptCall(load("cache_renew"), (keys.lease,), args, _read_renew)


def release(keys: Keys, *, token: str, backoff_us: int = 0) -> ScriptCall[Release]:
    """Gives back the right to load; with a back-off nobody asks the source before it has passed."""
    args = (_token(token), digits(whole(backoff_us, "backoff", 0)), b"0")
    return ScriptCall(load("cache_release"), (keys.lease,), args, _read_release)


def delete(
    keys: Keys, *, holdoff_us: int = 0, version: int | None = None, keep_us: int = KEEP_US
) -> ScriptCall[Delete]:
    """Forgets the entry and voids every load under way; with a version, what is older cannot come for `keep_us`."""
    tombstone = b""
    if version is not None:
        tombstone = Entry.tombstone(_version(version, least=1))
    args = (digits(whole(holdoff_us, "holdoff", 0)), tombstone, digits(whole(keep_us, "keep", 1000)), b"0")
    return ScriptCall(load("cache_delete"), (keys.entry, keys.lease), args, _read_delete)


def mark_stale(keys: Keys, *, holdoff_us: int = 0) -> ScriptCall[Marked]:
    """Ends the entry's freshness now and voids every load under way."""
    args = (digits(whole(holdoff_us, "holdoff", 0)), b"0")
    return ScriptCall(load("cache_mark_stale"), (keys.entry, keys.lease), args, _read_mark_stale)


def reading(keys: Keys) -> tuple[tuple[bytes | str, ...], ...]:
    """The commands of a plain read, in one round trip; `fresh` says what their replies mean.

    The life comes first: read after the entry it could be a newer one's, and an old value would pass for fresh.
    """
    return ("PTTL", keys.entry), ("GET", keys.entry)


def fresh(pttl_ms: int, stored: bytes | None) -> Entry | None:
    """The entry if it may be served without asking further.

    The key outlives the grace by 1 to 2 ms, hence the 2: never fresh for longer than the server itself says.
    """
    entry = None if stored is None else Entry.decode(stored)
    if entry is None or entry.stale_mark or pttl_ms - entry.grace_ms <= 2:
        return None
    return entry


def _token(value: str) -> bytes:
    return token(value, "token")


def entry(
    payload: bytes,
    *,
    negative: bool = False,
    codec: int = 0,
    version: int = 0,
    grace_us: int = 0,
    load_us: int = 0,
    tags: tuple[Tag, ...] = (),
) -> Entry:
    """What is to be stored. Raises `RedisError` (`ARGUMENT`) for what a header cannot hold."""
    whole(len(tags), "the number of tags", 0, MOST_TAGS)
    return Entry(
        payload,
        negative=negative,
        codec=whole(codec, "codec", 0, 255),
        version=_version(version, least=0),
        grace_ms=_milliseconds(grace_us, "grace"),
        load_ms=_milliseconds(load_us, "load"),
        tags=tags,
    )


def _stored(value: Entry, ttl_us: int, grace_us: int) -> tuple[bytes, bytes, bytes]:
    return value.encode(), digits(whole(ttl_us, "ttl", 1000)), digits(grace_us)


def _version(version: int, *, least: int) -> int:
    return whole(version, "version", least, 2**64 - 1)


def _milliseconds(duration_us: int, what: str) -> int:
    milliseconds = -(-whole(duration_us, what, 0) // 1000)
    if milliseconds >= 2**32:
        raise argument_error(f"{what} must be less than 2^32 ms")
    return milliseconds


def _entry(words: list[Any]) -> Entry | None:
    if len(words) > 1:
        raise ValueError("words")
    return Entry.decode(words[0]) if words else None


def _read_acquire(reply: Any) -> Acquire:
    match [reply[0].decode(), *reply[1:]]:
        case ["hit", stored]:
            entry = Entry.decode(stored)
            if entry is not None:
                return Found(entry)
        case ["win", *rest]:
            return Win(_entry(rest))
        case ["holdoff", *rest]:
            return Holdoff(_entry(rest))
        case ["busy", retry, *rest]:
            return Busy(timedelta(microseconds=int(retry)), _entry(rest))
        case ["failed", retry, *rest]:
            return Failed(timedelta(microseconds=int(retry)), _entry(rest))
    raise ValueError("status")


def _read_fill(reply: Any) -> Fill:
    return status_of(reply, _FILL)


def _read_put(reply: Any) -> Put:
    return status_of(reply, _PUT)


def _read_renew(reply: Any) -> Renewal:
    return status_of(reply, _RENEWAL)


def _read_release(reply: Any) -> Release:
    return status_of(reply, _RELEASE)


def _read_delete(reply: Any) -> Delete:
    match [reply[0].decode(), *reply[1:]]:
        case ["deleted", entries]:
            return Deleted(int(entries))
        case ["older"]:
            return Older()
    raise ValueError("status")


def _read_mark_stale(reply: Any) -> Marked:
    match [reply[0].decode(), *reply[1:]]:
        case ["marked", entries]:
            return Marked(int(entries))
    raise ValueError("status")
