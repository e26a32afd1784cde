"""What every user of a codec needs: to know that it is one, and a typed error when it cannot write a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._arguments import whole
from .errors import argument_error


def check(codec: Any) -> None:
    """Raises `RedisError` (`ARGUMENT`) for what is no codec."""
    whole(getattr(codec, "number", None), "the number of a codec", 0, 255)  # type: ignore[arg-type]
    for name in ("encode", "decode"):
        if not callable(getattr(codec, name, None)):
            raise argument_error(f"a codec must have {name}")


def encoded(codec: Any, value: Any, failure: Callable[[str], Exception]) -> bytes:
    """The bytes of a value. Raises what `failure` makes of the reason, whatever the codec raises."""
    said = "it gave something else than bytes"
    try:
        payload = codec.encode(value)
        if isinstance(payload, (bytes, bytearray, memoryview)):
            return bytes(payload)
    except Exception as error:  # a codec is somebody's code; its words may quote the value, and are left out
        said = type(error).__name__
    raise failure(f"the value cannot be encoded by codec {codec.number}: {said}")
