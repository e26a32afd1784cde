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
    if text.isascii() and 1 <= len(text) <= _LONGEST and not _UNSAFE.search(text):
        return text  # nearly always
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
    name = f"{entity}:{{{part(identity, 'id')}}}"
    if namespace is not None:
        name = f"{part(namespace, 'namespace')}:{name}"
    for field in fields:
        name += f":{part(field, 'field')}"
    return name
