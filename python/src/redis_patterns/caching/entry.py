"""How a cached entry is written: a header of 32 bytes, tags, the payload. Pure, and the same in Swift and Lua."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..errors import argument_error

MOST_TAGS = 16
"""That one entry may carry."""

_LAYOUT = struct.Struct(">2sBBBBHQIIQ")
_NEGATIVE, _STALE, _TOMBSTONE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Epochs:
    """Of a tag: 16 random bytes each. Another `soft` makes an entry stale, another `hard` worthless."""

    hard: bytes
    soft: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as an entry carries it: with the epochs from before the load."""

    name: str
    epochs: Epochs


@dataclass(slots=True)  # not frozen, though nobody changes one: that would cost every hit a microsecond
class Entry:
    """A cached value as it stands in Redis.

    `negative`: the source said that there is nothing. `version`: of the source, 0 when it has none. `grace_ms`: how
    long it may be served stale. `load_ms`: how long its load took. `fresh_until_us`: by the
    server's clock, stamped by it.
    """

    payload: bytes
    negative: bool = False
    stale_mark: bool = False
    codec: int = 0
    version: int = 0
    grace_ms: int = 0
    load_ms: int = 0
    fresh_until_us: int = 0
    tags: tuple[Tag, ...] = ()

    @staticmethod
    def tombstone(version: int) -> bytes:
        """What a delete leaves behind where the source has versions: one of them, and no value."""
        return _LAYOUT.pack(b"RP", 1, _TOMBSTONE, 0, 0, 0, version, 0, 0, 0)

    def encode(self) -> bytes:
        flags = _NEGATIVE * self.negative | _STALE * self.stale_mark
        tags = b"".join(map(_tag, self.tags))
        numbers = (self.version, self.grace_ms, self.load_ms, self.fresh_until_us)
        return _LAYOUT.pack(b"RP", 1, flags, self.codec, 0, len(tags), *numbers) + tags + self.payload

    @classmethod
    def decode(cls, stored: bytes) -> Entry | None:
        """None for another layout, a compressor that is not known here, or a tombstone: a miss, never an error."""
        if len(stored) < _LAYOUT.size:
            return None
        magic, layout, flags, codec, compressor, tags, version, grace, load, fresh = _LAYOUT.unpack_from(stored)
        if magic != b"RP" or layout != 1 or compressor != 0 or len(stored) < _LAYOUT.size + tags:
            return None
        if flags & _TOMBSTONE:
            return None
        block, payload = stored[_LAYOUT.size : _LAYOUT.size + tags], stored[_LAYOUT.size + tags :]
        carried = _tags(block)
        if carried is None:
            return None
        return cls(payload, bool(flags & _NEGATIVE), bool(flags & _STALE), codec, version, grace, load, fresh, carried)


def _tag(tag: Tag) -> bytes:
    name = tag.name.encode()
    if len(name) > 512:
        raise argument_error("a tag must be at most 512 bytes")
    return struct.pack(">H", len(name)) + name + tag.epochs.hard + tag.epochs.soft


def _tags(block: bytes) -> tuple[Tag, ...] | None:
    # None for a block of another form: who cannot read the tags cannot say that the entry is good.
    tags = []
    at = 0
    while at < len(block):
        size = int.from_bytes(block[at : at + 2], "big")
        name, epochs = block[at + 2 : at + 2 + size], block[at + 2 + size : at + 34 + size]
        at += 34 + size
        if at > len(block):
            return None
        try:
            tags.append(Tag(name.decode(), Epochs(epochs[:16], epochs[16:])))
        except UnicodeDecodeError:
            return None
    return tuple(tags)
