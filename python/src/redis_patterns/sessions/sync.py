# Written by scripts/unasync.py from aio.py: edit that file, then run the script.
"""Sessions for threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import redis

from .._arguments import Duration, mapping, microseconds, texts
from ..errors import Code, Execution, RedisError, argument_error
from ..runner import check, forget, read, run
from . import calls, listing
from .calls import AtLimit, Keys
from .ids import SessionID, tag_of, user_tag
from .replies import Ended, Gone, Moved, SessionConflict, SessionsFull, State, Taken
from .session import ListedSession, Session, SessionReplaced

_DRAWS = 3
_NONE = timedelta(0)


class Sessions:
    """Logins that end when they are ended, for any number of processes in both languages.

    `idle`: a session ends when it was not used for so long. `lifetime`: it ends then, however much it is used.
    `limit`: how many a user may have at a time, 0 for any number; `at_limit`: a further one ends the one that would end
    first, or is refused. `touch_every`: how long uses may lie apart without being written down (default a twentieth of
    `idle`, at most a minute). `grace`: for how long an id that was replaced still reads. `pepper`: a secret of the
    application that goes into every hash, the same in all processes; changing it ends all sessions. Durations are
    timedeltas or seconds.

    Redis never sees an id, only its SHA-256. All decisions are the server's, by its clock.
    """

    def __init__(
        self,
        redis: redis.Redis,
        *,
        idle: Duration = 1800.0,
        lifetime: Duration = 43_200.0,
        limit: int = 0,
        at_limit: AtLimit = "end_first",
        touch_every: Duration | None = None,
        grace: Duration = 15.0,
        namespace: str | None = None,
        pepper: bytes | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        if pepper is not None and (not isinstance(pepper, bytes) or not pepper):
            raise argument_error("pepper must be bytes, and not empty")
        self._redis = redis
        self._idle_us = microseconds(idle, "idle")
        self._lifetime_us = microseconds(lifetime, "lifetime")
        self._limit = limit
        self._at_limit: AtLimit = at_limit
        self._touch_us = (
            min(self._idle_us // 20, 60_000_000) if touch_every is None else microseconds(touch_every, "touch_every")
        )
        self._grace_us = microseconds(grace, "grace")
        self._namespace = namespace
        self._pepper = pepper
        keys, handle = self._keys("0" * 32), "0" * 64  # all are checked now, not at the first login
        self._create(keys, handle, None, {})
        calls.use(keys, handle=handle, touch_every_us=self._touch_us)
        calls.rotate(keys, handle=handle, fresh=handle, grace_us=self._grace_us)
        ends = timedelta(microseconds=self._lifetime_us)
        self._ends = min(timedelta(microseconds=self._idle_us), ends), ends

    def create(
        self,
        user: str | None = None,
        data: Mapping[str, str] | None = None,
        *,
        replacing: SessionID | str | None = None,
    ) -> Session | SessionsFull:
        """Begins a session under a new id. Every login needs this: an id that somebody brought is never adopted.

        `user`: None while nobody is logged in. `replacing`: the session that the browser had before, which is ended.
        `SessionsFull` is only answered with `at_limit="refuse"`. One round trip; one more for `replacing`, and one more
        when others were ended at the limit.
        """
        content = {} if data is None else dict(mapping(data, "data"))
        if replacing is not None:
            self._create(self._keys("0" * 32), "0" * 64, user, content)  # checks it before that one is ended
        tag = tag_of(user, self._pepper)
        old = self._read(replacing) if replacing is not None else None
        if old is not None and old.tag == tag:
            self.revoke(old)  # it makes room for the new one
        for _ in range(_DRAWS):
            drawn = SessionID.draw(tag)
            handle = drawn.handle(self._pepper)
            keys = self._keys(tag)
            got = run(self._redis, self._create(keys, handle, user, content))
            if isinstance(got, Taken):
                continue
            if isinstance(got, SessionsFull):
                return got
            self._forget(keys, got.ended)
            if old is not None and old.tag != tag:
                self.revoke(old)
            return Session(drawn, handle, 1, _NONE, _NONE, *self._ends, user, content)
        raise RedisError(
            Code.REPLY, "every id that was drawn exists: the random source repeats", execution=Execution.NOT_EXECUTED
        )

    def load(self, identity: SessionID | str) -> Session | None:
        """The session that an id opens, kept alive by this; None when there is none (any more).

        What a client presents may be anything: what cannot be an id is answered without asking Redis. One round trip,
        or one more for each replacement when the id was replaced a moment ago.
        """
        got = self._use(identity, follow=True)
        return got if isinstance(got, Session) else None

    def update(
        self,
        identity: SessionID | str,
        put: Mapping[str, str] | None = None,
        *,
        drop: Iterable[str] = (),
        version: int | None = None,
    ) -> Session | SessionConflict | SessionReplaced | None:
        """Changes single fields of a live session; all others stay as other writers have left them.

        `put`: fields and their new values. `drop`: fields to remove. `version`: change only what is still at this
        version; `SessionConflict` says the present one. Answers None when the session has ended: nothing brings it
        back. One round trip.
        """
        seen = 0 if version is None else version
        return self._use(identity, follow=False, version=seen, put=put, drop=texts(drop, "drop"))

    def rotate(self, identity: SessionID | str) -> Session | SessionReplaced | None:
        """Gives the session a new id: after a change of password or of rights. Data and absolute end stay.

        The old id reads for the grace, so that requests under way are not logged out, and dies with the session. One
        round trip.
        """
        old = self._read(identity)
        if old is None:
            return None
        keys, handle = self._keys(old.tag), old.handle(self._pepper)
        for _ in range(_DRAWS):
            drawn = SessionID.draw(old.tag)
            fresh = drawn.handle(self._pepper)
            call = calls.rotate(keys, handle=handle, fresh=fresh, grace_us=self._grace_us)
            got = run(self._redis, call)
            match got:
                case State():
                    return Session.of(got, drawn, fresh)
                case Moved():
                    return SessionReplaced()
                case Gone():
                    return None
        raise RedisError(
            Code.REPLY, "every id that was drawn exists: the random source repeats", execution=Execution.NOT_EXECUTED
        )

    def revoke(self, identity: SessionID | str) -> bool:
        """Ends a session, also by an id that was replaced a moment ago. False when it had ended before.

        Works when the server's memory is full. One round trip, or one more for each replacement.
        """
        old = self._read(identity)
        return old is not None and self._revoke(self._keys(old.tag), old.handle(self._pepper))

    def revoke_listed(self, user: str, handle: str) -> bool:
        """Ends one session of a user by the handle that `list` gave: "log out that device". One round trip."""
        return self._revoke(self._keys(user_tag(user, self._pepper)), handle)

    def revoke_all(self, user: str) -> int:
        """Ends every session of a user at once, and says how many.

        One round trip decides; one more clears data away.
        """
        keys = self._keys(user_tag(user, self._pepper))
        got = run(self._redis, calls.revoke_all(keys))
        handles = (got.handles or ()) if isinstance(got, Ended) else ()
        self._forget(keys, handles)
        return len(handles)

    def revoke_others(self, identity: SessionID | str) -> int | None:
        """Ends every other session of this one's user, and says how many; None when this one itself has ended.

        One round trip decides, or one more for each replacement; one more clears data away.
        """
        own = self._read(identity)
        if own is None:
            return None
        keys, handle = self._keys(own.tag), own.handle(self._pepper)
        while True:
            got = run(self._redis, calls.revoke_all(keys, keep=handle))
            match got:
                case Moved(handle):
                    continue
                case Gone():
                    return None
                case Ended(handles):
                    self._forget(keys, handles or ())
                    return len(handles or ())

    def list(self, user: str, fields: Iterable[str] = ()) -> tuple[ListedSession, ...]:
        """The live sessions of a user, with the named fields of each; the one that would end first comes first.

        Two round trips: a session that ends, or gets a new id, between them is left out.
        """
        keys, wanted = self._keys(user_tag(user, self._pepper)), texts(fields, "fields")
        for name in wanted:
            calls.field_bytes(name)
        names = run(self._redis, calls.names(keys))
        if not names.sessions:
            return ()
        return listing.read(names, wanted, read(self._redis, listing.commands(keys, names, wanted)))

    def _use(
        self,
        identity: SessionID | str,
        *,
        follow: bool,
        version: int = 0,
        put: Mapping[str, str] | None = None,
        drop: tuple[str, ...] = (),
    ) -> Session | SessionConflict | SessionReplaced | None:
        own = self._read(identity)
        if own is None:
            return None
        keys, handle, replaced = self._keys(own.tag), own.handle(self._pepper), False
        while True:
            call = calls.use(keys, handle=handle, touch_every_us=self._touch_us, version=version, put=put, drop=drop)
            got = run(self._redis, call)
            match got:
                case State():
                    return Session.of(got, own, handle, replaced=replaced)
                case Moved(handle) if follow:
                    replaced = True
                case Moved():
                    return SessionReplaced()
                case SessionConflict():
                    return got
                case Gone():
                    return None

    def _revoke(self, keys: Keys, handle: str) -> bool:
        while True:
            got = run(self._redis, calls.revoke(keys, handle=handle))
            match got:
                case Moved(handle):  # each step is a rotation that happened within its grace, so there is an end
                    continue
                case Ended():
                    return True
                case Gone():
                    return False

    def _forget(self, keys: Keys, handles: tuple[str, ...]) -> None:
        if handles:
            forget(self._redis, [keys.session(handle) for handle in handles])

    def _create(self, keys: Keys, handle: str, user: str | None, data: Mapping[str, str]) -> calls.Creation:
        return calls.create(
            keys,
            handle=handle,
            idle_us=self._idle_us,
            lifetime_us=self._lifetime_us,
            user=user,
            limit=self._limit,
            at_limit=self._at_limit,
            data=data,
        )

    def _keys(self, tag: str) -> Keys:
        return Keys.of(tag, namespace=self._namespace)

    @staticmethod
    def _read(identity: SessionID | str) -> SessionID | None:
        return identity if isinstance(identity, SessionID) else SessionID.read(identity)
