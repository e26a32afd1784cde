"""How a cached entry is written: a header of 32 bytes, tags, the payload. Pure, and the same in Swift and Lua."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_LAYOUT = struct.Struct(">2sBBBBHQIIQ")
_NEGATIVE, _STALE, _TOMBSTONE = 1, 2, 4


@dataclass(frozen=True, slots=True)
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

    @staticmethod
    def tombstone(version: int) -> bytes:
        """What a delete leaves behind where the source has versions: one of them, and no value."""
        return _LAYOUT.pack(b"RP", 1, _TOMBSTONE, 0, 0, 0, version, 0, 0, 0)

    def encode(self) -> bytes:
        flags = _NEGATIVE * self.negative | _STALE * self.stale_mark
        return (
            _LAYOUT.pack(
                b"RP", 1, flags, self.codec, 0, 0, self.version, self.grace_ms, self.load_ms, self.fresh_until_us
            )
            + self.payload
        )

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
        payload = stored[_LAYOUT.size + tags :]
        return cls(payload, bool(flags & _NEGATIVE), bool(flags & _STALE), codec, version, grace, load, fresh)
