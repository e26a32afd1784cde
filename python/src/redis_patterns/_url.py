"""Redis URLs: the same grammar as in Swift, read byte by byte so that every complaint can name its place.

Nothing of the text is ever quoted, because any part of it may be a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .errors import Code, Execution, RedisError

_SCHEMES = {b"redis": "tcp", b"rediss": "tls", b"unix": "socket", b"redis+unix": "socket"}
_SCHEME = re.compile(rb"(redis|rediss|unix|redis\+unix)://", re.IGNORECASE)
_LONGEST_MS = 86_400_000


def url_error(message: str, at: int | None = None) -> RedisError:
    """As `URL`; `at` counts bytes from 0."""
    place = "" if at is None else f"at character {at + 1}: "
    return RedisError(Code.URL, f"{place}{message}", execution=Execution.NOT_EXECUTED)


@dataclass(slots=True)
class RedisURL:
    """What a URL says. `timeout_ms` and `connect_timeout_ms` are None where it says nothing about them."""

    kind: str = "tcp"
    """`tcp`, `tls` or `socket`."""
    host: str = "127.0.0.1"
    port: int = 6379
    path: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0
    client_name: str | None = None
    timeout_ms: int | None = None
    connect_timeout_ms: int | None = None

    def settings(self) -> dict[str, Any]:
        """As arguments of a redis-py client."""
        found: dict[str, Any] = {"db": self.database, "username": self.user, "password": self.password}
        if self.kind == "socket":
            found["unix_socket_path"] = self.path
        else:
            found |= {"host": self.host, "port": self.port}
        if self.kind == "tls":
            found["ssl"] = True
        if self.client_name is not None:
            found["client_name"] = self.client_name
        if self.timeout_ms is not None:
            found["socket_timeout"] = self.timeout_ms / 1000
        if self.connect_timeout_ms is not None:
            found["socket_connect_timeout"] = self.connect_timeout_ms / 1000
        return found


def parse(text: str) -> RedisURL:
    """Raises `RedisError` (`URL`)."""
    if not isinstance(text, str):
        raise url_error(f"the URL must be a string, not {type(text).__name__}")
    try:
        return _Parser(text.encode()).parse()
    except UnicodeEncodeError:
        pass
    raise url_error("the URL is not valid Unicode")


class _Parser:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def parse(self) -> RedisURL:
        text = self._text
        if not text:
            raise url_error("the URL is empty", 0)
        for place, byte in enumerate(text):
            if byte <= 0x20 or byte == 0x7F:
                raise url_error("a space or control character must be written as a percent escape", place)
        scheme = _SCHEME.match(text)
        if scheme is None:
            raise url_error("the URL must begin with redis://, rediss:// or unix://", 0)
        url, start = RedisURL(kind=_SCHEMES[scheme[1].lower()]), scheme.end()
        query = self._find(b"?", start, len(text))
        if (fragment := text.find(b"#", start)) >= 0:
            raise url_error("'#' has no meaning here; in a password write %23", fragment)
        slash = self._find(b"/", start, query)
        if url.kind != "socket" and (at := text.rfind(b"@", slash, query)) >= 0:
            raise url_error("'@' stands behind a '/'; in a password write '/' as %2F", at)
        if (at := text.find(b"@", query)) >= 0:
            raise url_error("'@' stands behind a '?'; in a password write '?' as %3F", at)
        if (at := text.rfind(b"@", start, slash)) >= 0:
            self._credentials(url, start, at)
            start = at + 1
        if url.kind == "socket":
            if start < slash:
                raise url_error("a unix URL has no host: the path begins with '/', as in unix:///run/redis.sock", start)
            url.path = self._decoded(slash, query)
            if len(url.path) < 2:
                raise url_error("the path of the socket is missing", slash)
        else:
            self._host(url, start, slash)
            if slash + 1 < query:
                url.database = self._number(slash + 1, query, "the database", 0, 65535)
        self._options(url, query + 1)
        return url

    def _credentials(self, url: RedisURL, start: int, end: int) -> None:
        colon = self._text.find(b":", start, end)
        if colon < 0:
            if start < end:
                raise url_error("before '@' write user:password, or :password for the default user", start)
            return
        url.user = self._decoded(start, colon) or None
        url.password = self._decoded(colon + 1, end) or None
        if url.user and not url.password:
            raise url_error("a user stands here without a password", colon + 1)

    def _host(self, url: RedisURL, start: int, end: int) -> None:
        if start == end:
            return
        text, name_end = self._text, end
        if text[start : start + 1] == b"[":
            close = text.find(b"]", start, end)
            if close < 0:
                raise url_error("'[' of an IPv6 address is not closed", start)
            start, name_end, after = start + 1, close, close + 1
            if after < end:
                if text[after : after + 1] != b":":
                    raise url_error("after ']' only a port may follow", after)
                url.port = self._number(after + 1, end, "the port", 1, 65535)
        elif (colon := text.find(b":", start, end)) >= 0:
            if (second := text.find(b":", colon + 1, end)) >= 0:
                raise url_error(
                    "a second ':' in host and port; write an IPv6 address in brackets, and '@' after a password", second
                )
            name_end = colon
            url.port = self._number(colon + 1, end, "the port", 1, 65535)
        url.host = self._decoded(start, name_end) or url.host

    def _options(self, url: RedisURL, start: int) -> None:
        end = len(self._text)
        while start < end:
            stop = self._find(b"&", start, end)
            equals = self._text.find(b"=", start, stop)
            if equals < 0:
                raise url_error("an option is written name=value", start)
            value = equals + 1
            match self._decoded(start, equals):
                case "db":
                    url.database = self._number(value, stop, "the database", 0, 65535)
                case "client_name":
                    url.client_name = self._decoded(value, stop)
                case "timeout_ms":
                    url.timeout_ms = self._number(value, stop, "the timeout", 1, _LONGEST_MS)
                case "connect_timeout_ms":
                    url.connect_timeout_ms = self._number(value, stop, "the timeout", 1, _LONGEST_MS)
                case _:
                    raise url_error(
                        "an unknown option; known are db, client_name, timeout_ms and connect_timeout_ms", start
                    )
            start = stop + 1

    def _number(self, start: int, end: int, what: str, least: int, most: int) -> int:
        digits = self._text[start:end]
        number = digits.lstrip(b"0") or b"0"
        # Twenty digits are more than any bound; the limit keeps a long text from being worked on.
        if re.fullmatch(rb"[0-9]+", digits) and len(number) <= 20 and least <= int(number) <= most:
            return int(number)
        raise url_error(f"{what} must be a number from {least} to {most}", start)

    def _decoded(self, start: int, end: int) -> str:
        result, at = bytearray(), start
        while at < end:
            byte = self._text[at]
            if byte == 0x25:
                pair = self._text[at + 1 : min(at + 3, end)]
                if not re.fullmatch(rb"[0-9A-Fa-f]{2}", pair):
                    raise url_error("'%' must be followed by two hexadecimal digits; a plain '%' is %25", at)
                byte = int(pair, 16)
                if byte == 0:
                    raise url_error("a zero byte is not allowed", at)
                at += 2
            result.append(byte)
            at += 1
        try:
            return result.decode()
        except UnicodeDecodeError:
            pass
        raise url_error("this part is not UTF-8", start)

    def _find(self, what: bytes, start: int, end: int) -> int:
        found = self._text.find(what, start, end)
        return end if found < 0 else found
