"""How values become bytes. The number stands in the entry, so that another language reads them back the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .. import _codecs
from ..errors import CacheError
from . import json_codec

T = TypeVar("T")


@dataclass(frozen=True)  # with slots, Codec[str](...) is a TypeError in Python 3.11
class Codec(Generic[T]):
    """0 bytes, 1 text, 2 JSON; numbers from 128 on are free for codecs of your own."""

    number: int
    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


def encoded(codec: Codec[T], value: T) -> bytes:
    """Raises `CacheError` (`CACHECODEC`) for a value that the codec cannot write."""
    return _codecs.encoded(codec, value, lambda said: CacheError(CacheError.CODEC, said))


def decode(codec: Codec[T], number: int, payload: bytes) -> T:
    """Raises `CacheError` (`CACHECODEC`): the entry was written with another codec, or is damaged."""
    if number != codec.number:
        raise CacheError(CacheError.CODEC, f"the entry has codec {number}, this cache {codec.number}")
    try:
        return codec.decode(payload)
    except Exception as error:
        said = type(error).__name__
    raise CacheError(CacheError.CODEC, f"the entry cannot be decoded by codec {number}: {said}")


def _plain(value: bytes) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):  # bytes(5) would be five zeros
        raise TypeError(type(value).__name__)
    return bytes(value)


BYTES: Codec[bytes] = Codec(0, _plain, bytes)
TEXT: Codec[str] = Codec(1, str.encode, bytes.decode)
ANY_BYTES: Codec[Any] = BYTES
"""The default of a cache; its type lets one write `cache: Cache[bytes] = Cache(redis)`."""
JSON: Codec[Any] = Codec(2, json_codec.encode, json_codec.decode)
"""Canonical JSON: the same bytes in every language. A float stays a float (`1.0`), a whole number whole (64 bits)."""
