"""How values stand in vectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

Json = Any
_MICROSECOND = timedelta(microseconds=1)


def to_bytes(value: Json) -> bytes:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else str(value).encode()


def text_or_hex(value: bytes) -> Json:
    """Bytes as they stand in a vector: text where they are text, else `{"hex": ...}`."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"hex": value.hex()}
    return text if text.isprintable() else {"hex": value.hex()}


def us(duration: timedelta) -> int:
    return duration // _MICROSECOND
