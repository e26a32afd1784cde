"""Makes clients that never repeat a command by themselves; whatever is wrong about a URL or an option is said here."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from ._arguments import microseconds, whole
from ._url import parse
from .errors import argument_error

_NOT_TAKEN = ("self", "retry", "retry_on_timeout", "retry_on_error", "connection_pool")
"""A pool would bring an address and retries of its own."""
_VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


def connect(url: str, *, timeout: float = 5.0, connect_timeout: float = 2.0, **options: Any) -> redis.Redis:
    """A redis-py client that never repeats a command by itself.

    `url`: `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, or `unix:///path/to/socket`; its
    options are `db`, `client_name`, `timeout_ms` and `connect_timeout_ms`, which come before `timeout` and
    `connect_timeout` (seconds). `options` go to `redis.Redis`. Raises `RedisError` (`URL`, `ARGUMENT`); sends nothing.
    """
    settings = _settings(url, timeout, connect_timeout, options, redis.Redis)
    client = redis.Redis(retry=Retry(NoBackoff(), 0), **settings)
    # redis-py leaves it out for a socket.
    client.connection_pool.connection_kwargs["socket_connect_timeout"] = settings["socket_connect_timeout"]
    return client


def aconnect(url: str, *, timeout: float = 5.0, connect_timeout: float = 2.0, **options: Any) -> redis.asyncio.Redis:
    """The asyncio twin of `connect`."""
    settings = _settings(url, timeout, connect_timeout, options, redis.asyncio.Redis)
    client = redis.asyncio.Redis(retry=AsyncRetry(NoBackoff(), 0), **settings)
    client.connection_pool.connection_kwargs["socket_connect_timeout"] = settings["socket_connect_timeout"]
    return client


def _settings(url: str, timeout: float, connect_timeout: float, options: dict[str, Any], of: Any) -> dict[str, Any]:
    known = inspect.signature(of.__init__).parameters
    for name in options:
        if name not in known or name in _NOT_TAKEN:
            raise argument_error(f"connect has no option {name}: it has redis.Redis's, but for retries and pools")
    limits = {"socket_timeout": timeout, "socket_connect_timeout": connect_timeout}
    for name, limit in limits.items():
        what = name.removeprefix("socket_")
        limits[name] = whole(microseconds(limit, what), what, 1000) / 1_000_000
    return _verified({"protocol": 2, **limits, **parse(url).settings(), **options})


def _verified(settings: dict[str, Any]) -> dict[str, Any]:
    """With certificates and host names verified unless the options say otherwise, whatever redis-py's default."""
    if not settings.get("ssl"):
        return settings
    wanted = settings.get("ssl_cert_reqs", "required")
    for name, number in _VERIFY.items():
        if wanted in (name, number) or (wanted is None and name == "none"):
            wanted = name  # redis-py 5 knows no numbers
    if wanted not in tuple(_VERIFY):
        raise argument_error("ssl_cert_reqs must be none, optional or required")
    checks = settings.get("ssl_check_hostname", wanted != "none")
    if checks and wanted == "none":
        raise argument_error("ssl_check_hostname has no meaning when ssl_cert_reqs is none")
    return {**settings, "ssl_cert_reqs": wanted, "ssl_check_hostname": checks}
