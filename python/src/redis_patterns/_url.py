"""What redis-py lets pass in a URL, and its errors as ours."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .errors import Code, Execution, RedisError


def check_path(url: str) -> None:
    """Raises `ValueError` for a path that names no database: redis-py reads `/abc` as 0, and `/3/4` as 34."""
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss") and not re.fullmatch(r"/?|/\d{1,9}", parts.path, re.ASCII):
        raise ValueError("Redis URL must have the number of a database as its path, or none")


def url_error(error: ValueError) -> RedisError:
    """As `URL`, with nothing quoted that may be a password."""
    # redis-py's texts for bad URLs do not repeat the URL; the port's does repeat what stands there, so it is left out.
    text = str(error)
    message = text if text.startswith("Redis URL must") else "the URL cannot be read"
    return RedisError(Code.URL, message, execution=Execution.NOT_EXECUTED)
