"""Names of keys and channels: `[<namespace>:]<entity>:{<id>}[:<field>]`, one hash tag per object."""

from __future__ import annotations

import re

from .errors import argument_error

_LONGEST = 512
_UNSAFE = re.compile(r"[\x00-\x1f\x7f{}%]")


def part(text: str, what: str) -> str:
    """One part as it stands in a key: braces, `%` and controls written `%XX`, so that none steers the hash tag."""
    if not isinstance(text, str):
        raise argument_error(f"{what} must be a string, not {type(text).__name__}")
    written = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", text)
    try:
        size = len(written.encode())
    except UnicodeEncodeError:
        raise argument_error(f"{what} is not valid Unicode") from None
    if not 1 <= size <= _LONGEST:
        raise argument_error(f"{what} must be 1 to {_LONGEST} bytes in a key, not {size}")
    return written


def key(entity: str, identity: str, *fields: str, namespace: str | None = None) -> str:
    """The key of an object, or of one field of it."""
    prefix = "" if namespace is None else part(namespace, "namespace") + ":"
    rest = "".join(f":{part(field, 'field')}" for field in fields)
    return f"{prefix}{entity}:{{{part(identity, 'id')}}}{rest}"
