# Written by scripts/unasync.py from connection_aio.py: edit that file, then run the script.
"""The connection of a subscription, for threads: confirmed, watched by PING, and renewed after every loss."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping
from typing import Any

import redis

from .. import _sync
from .._clock import clock
from ..errors import Code, Execution, PubSubError, RedisError, argument_error
from ..runner import own_connection, run, translate
from . import calls
from .buffer import Buffer
from .feed import Feed

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
PASSING = {Code.CONNECT, Code.CONNECTION_LOST, Code.TIMEOUT, Code.LOADING, Code.MAX_CLIENTS, Code.BUSY, Code.CLUSTER}
"""A later attempt may succeed without anybody changing a setting."""


class _Session:
    """One connection, from SUBSCRIBE to its end."""

    def __init__(self, raw: Any, number: int, missing: set[tuple[bytes, bytes]]) -> None:
        self.raw = raw
        self.round = number
        self.missing = missing
        """Not confirmed yet."""
        self.lost = _sync.Flag()
        self.heard = clock()
        self.positions: dict[str, calls.Position | None] = {}
        self.attendant: _sync.Companion | None = None


class Connection:
    """Keeps the server sending to a feed until it is closed.

    A loop reads; beside it, for each connection, an attendant reads the counters and sends PING after `ping_after`
    seconds of silence. A connection that was silent for `pong_within` seconds more is given up.
    """

    def __init__(
        self,
        client: redis.Redis,
        feed: Feed,
        buffer: Buffer,
        channels: Mapping[str, str],
        patterns: Mapping[str, str],
        *,
        ping_after: float,
        pong_within: float,
    ) -> None:
        self._client = client
        self._feed = feed
        self._buffer = buffer
        self._wanted = {b"subscribe": list(channels), b"psubscribe": list(patterns)}
        self._questions = {name: calls.position(wire) for wire, name in channels.items()}
        self._ping_after = ping_after
        self._silence = ping_after + pong_within
        self._ready = _sync.Flag()
        self._over = _sync.Flag()
        self._refusal: RedisError | None = None
        """Why it could not be opened."""
        self._cause: RedisError | None = None
        """What ended the last connection."""
        self._session: _Session | None = None
        self._work: _sync.Companion | None = None
        self.confirmed = 0
        """Connections on which the server confirmed everything."""

    def open(self, timeout: float) -> None:
        """Returns when the server has confirmed everything. Raises `RedisError`."""
        if self._work is not None:
            raise argument_error("a subscriber is opened once: make another")
        self._work = _sync.Companion(self._run)
        if not self._ready.wait(timeout):
            raise self._cause or _failure(Code.TIMEOUT, "the subscription was not confirmed in time")
        if self._refusal is not None:
            raise self._refusal

    def close(self) -> None:
        self._over.set()
        if self._session is not None:
            _cut(self._session)
        if self._work is not None:
            self._work.stop()
        self._buffer.end()

    def _run(self) -> None:
        failures = 0
        while not self._over.is_set():
            before = self.confirmed
            try:
                self._live()
            except RedisError as error:
                self._cause = error
                if error.code not in PASSING:
                    self._opened(error)
                    self._buffer.end(PubSubError(PubSubError.ENDED, f"it could not be renewed: {error.message}"))
                    break
            self._feed.lost()
            failures = 0 if self.confirmed > before else failures + 1
            # A connection that worked deserves an attempt at once.
            if failures:
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 6)) * random.uniform(0.5, 1)
                self._over.wait(pause)

    def _live(self) -> None:
        """One connection, to its end. Raises what ended it."""
        missing = {(kind, name.encode()) for kind, names in self._wanted.items() for name in names}
        session = _Session(own_connection(self._client, silence=self._silence), self._feed.round, missing)
        self._session = session
        try:
            session.raw.connect()
            for kind, names in self._wanted.items():
                if names:
                    session.raw.send_command(kind.decode().upper(), *names)
            while not self._over.is_set() and not self._buffer.ended:
                self._take(session, session.raw.read_response(disable_decoding=True))
            self._over.set()
            return
        except Exception as error:
            failure = translate(error, self._client, "SUBSCRIBE")
        finally:
            session.lost.set()
            _cut(session)
            if session.attendant is not None:
                session.attendant.stop()
        raise failure  # outside, so that it does not carry redis-py's exception along

    def _take(self, session: _Session, reply: Any) -> None:
        session.heard = clock()
        match reply:
            case [b"message", channel, data]:
                self._feed.message(channel.decode(), data)
            case [b"pmessage", pattern, channel, data]:
                self._feed.message(channel.decode(errors="replace"), data, pattern.decode())
            case [b"subscribe" | b"psubscribe" as kind, name, _]:
                session.missing.discard((kind, name))
                if not session.missing and session.attendant is None:
                    self.confirmed += 1
                    session.attendant = _sync.Companion(lambda: self._attend(session))
            case [b"pong", b"settled"]:
                self._feed.settle(session.round, session.positions)
                self._opened(None)

    def _attend(self, session: _Session) -> None:
        with contextlib.suppress(Exception):  # a connection that is lost is the reader's to report
            for name, question in self._questions.items():
                session.positions[name] = self._ask(session, question)
            # What was published before has come when the answer to this comes.
            session.raw.send_command("PING", "settled")
            sent = clock()
            while not session.lost.wait(max(max(session.heard, sent) + self._ping_after - clock(), 0)):
                if max(session.heard, sent) + self._ping_after <= clock():
                    session.raw.send_command("PING")
                    sent = clock()

    def _ask(self, session: _Session, question: Any) -> calls.Position | None:
        """Where a channel stands; None when that cannot be had. Raises while the subscription is being opened."""
        for pause in (0.05, 0.2, 0.5, 0.0):
            try:
                position: calls.Position = run(self._client, question)
                return position
            except RedisError as error:
                failure = error
                if error.code not in PASSING or session.lost.wait(pause):
                    break
        if not self._ready.is_set() and not session.lost.is_set():
            self._opened(failure)
            raise failure
        return None

    def _opened(self, refusal: RedisError | None) -> None:
        """Lets whoever opens it go on, or fail; the first word counts."""
        if not self._ready.is_set():
            self._refusal = refusal
            self._ready.set()


def _cut(session: _Session) -> None:
    with contextlib.suppress(Exception):
        session.raw.disconnect()


def _failure(code: Code, message: str) -> RedisError:
    return RedisError(code, message, execution=Execution.UNKNOWN, command="SUBSCRIBE")
