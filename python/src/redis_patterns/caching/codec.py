"""How values become bytes. The number stands in the entry, so that another language reads them back the same way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from ..errors import CacheError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """0 bytes, 1 text, 2 JSON; numbers from 128 on are free for codecs of your own."""

    number: int
    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


def _encode_json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def _decode_json(payload: bytes) -> Any:
    return json.loads(payload, parse_constant=_refuse)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def decode(codec: Codec[T], number: int, payload: bytes) -> T:
    """Raises `CacheError` (`CACHECODEC`): the entry was written with another codec, or is damaged."""
    if number != codec.number:
        raise CacheError(CacheError.CODEC, f"the entry has codec {number}, this cache {codec.number}")
    try:
        return codec.decode(payload)
    except (ValueError, RecursionError):
        raise CacheError(CacheError.CODEC, f"the entry cannot be decoded by codec {number}") from None


BYTES: Codec[bytes] = Codec(0, bytes, bytes)
TEXT: Codec[str] = Codec(1, str.encode, bytes.decode)
ANY_BYTES: Codec[Any] = BYTES
"""The default of a cache; its type lets one write `cache: Cache[bytes] = Cache(redis)`."""
JSON: Codec[Any] = Codec(2, _encode_json, _decode_json)
