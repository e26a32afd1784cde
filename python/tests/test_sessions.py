"""Sessions: what begins, lives, changes and ends, with the class for threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

import redis_patterns as patterns
from conftest import Server
from redis_patterns import Session, SessionConflict, SessionID, SessionReplaced, Sessions, SessionsFull
from waiting import until


def begun(sessions: Sessions, user: str | None = "ada", data: dict[str, str] | None = None) -> Session:
    created = sessions.create(user, data)
    assert isinstance(created, Session)
    return created


def loaded(sessions: Sessions, identity: SessionID | str) -> Session:
    session = sessions.load(identity)
    assert session is not None
    return session


def test_a_session_is_loaded_by_what_the_cookie_carries(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    created = begun(sessions, data={"theme": "dark"})
    session = loaded(sessions, created.id.text)
    assert (session.user, session.data, session.version) == ("ada", {"theme": "dark"}, 1)
    assert (session.id, session.handle, session.replaced) == (created.id, created.handle, False)
    assert timedelta(minutes=29) < session.expires_in <= timedelta(minutes=30) == created.expires_in
    assert timedelta(hours=11) < session.ends_in <= timedelta(hours=12) == created.ends_in
    nobody = begun(sessions, None)
    assert loaded(sessions, nobody.id).user is None


def test_a_foreign_id_is_never_adopted(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    brought = SessionID.draw("ab" * 16)
    assert sessions.load(brought) is None
    assert sessions.update(brought, {"user": "eve"}) is None
    assert sessions.rotate(brought) is None
    created = sessions.create("ada", replacing=brought)
    assert isinstance(created, Session)
    assert created.id != brought
    assert sessions.load(brought) is None


@pytest.mark.parametrize(
    "junk", ["", "x", "A" * 63, "A" * 65, "A" * 63 + "=", "A" * 63 + "é", "A" * 64 + "\n", "\0" * 64]
)
def test_what_cannot_be_an_id_never_reaches_the_server(own_server: Server, junk: str) -> None:
    client = own_server.client()
    sessions = Sessions(patterns.connect(own_server.url))
    before = client.info("stats")["total_reads_processed"]
    assert sessions.load(junk) is None
    assert sessions.update(junk, {"a": "b"}) is None
    assert sessions.rotate(junk) is None
    assert sessions.revoke_others(junk) is None
    assert not sessions.revoke(junk)
    assert client.info("stats")["total_reads_processed"] == before + 1


def test_writers_of_different_fields_keep_each_other_s_work(client: Any, server: Server, namespace: str) -> None:
    identity = begun(Sessions(client, namespace=namespace)).id

    def write(number: int) -> None:
        with patterns.connect(server.url) as own:
            sessions = Sessions(own, namespace=namespace)
            for count in range(10):
                assert isinstance(sessions.update(identity, {f"f{number}": str(count)}), Session)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    session = loaded(Sessions(client, namespace=namespace), identity)
    assert session.data == {f"f{number}": "9" for number in range(8)}
    assert session.version == 81


def test_a_change_at_a_version_is_told_of_the_other(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    first = begun(sessions, data={"cart": "1", "flash": "hello"})
    changed = sessions.update(first.id, {"cart": "2"}, drop=["flash"], version=first.version)
    assert isinstance(changed, Session)
    assert changed.data == {"cart": "2"}
    assert sessions.update(first.id, {"cart": "9"}, version=first.version) == SessionConflict(2)
    assert loaded(sessions, first.id).data == {"cart": "2"}


def test_a_rotated_id_reads_for_its_grace(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    old = begun(sessions, data={"cart": "1"})
    new = sessions.rotate(old.id)
    assert isinstance(new, Session)
    assert new.id != old.id
    assert (new.data, new.user) == (old.data, old.user)
    by_old = loaded(sessions, old.id)
    assert by_old.replaced
    assert by_old.handle == new.handle
    assert by_old.data == {"cart": "1"}
    assert isinstance(sessions.update(old.id, {"cart": "2"}), SessionReplaced)
    assert isinstance(sessions.rotate(old.id), SessionReplaced)
    assert sessions.revoke(old.id), "logging out by the old id ends the session"
    assert sessions.load(new.id) is None
    assert sessions.load(old.id) is None


def test_a_rotation_under_requests_logs_nobody_out(client: Any, server: Server, namespace: str) -> None:
    first = begun(Sessions(client, namespace=namespace))
    cookie = [first.id]

    def request(number: int) -> bool:
        with patterns.connect(server.url) as own:
            sessions = Sessions(own, namespace=namespace)
            alive = True
            for _ in range(5):
                identity = cookie[-1]
                if number == 0:
                    rotated = sessions.rotate(identity)
                    assert isinstance(rotated, Session)
                    cookie.append(rotated.id)
                alive = alive and sessions.load(identity) is not None
            return alive

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(request, range(50)))
    assert len(cookie) == 6


def test_a_later_rotation_within_the_grace_is_followed_too(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    ids = [begun(sessions).id]
    other = begun(sessions)
    for _ in range(3):
        rotated = sessions.rotate(ids[-1])
        assert isinstance(rotated, Session)
        ids.append(rotated.id)
    assert loaded(sessions, ids[0]).replaced
    assert sessions.revoke_others(ids[0]) == 1
    assert sessions.load(other.id) is None
    assert sessions.revoke(ids[0])
    assert sessions.load(ids[-1]) is None


def test_the_sessions_of_a_user_are_listed_and_ended(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    phone, laptop, tablet = (
        begun(sessions, data={"device": name, "cart": "1"}) for name in ("phone", "laptop", "tablet")
    )
    other = begun(sessions, "bob")
    listed = {session.handle: session for session in sessions.list("ada", ["device", "place"])}
    assert set(listed) == {phone.handle, laptop.handle, tablet.handle}
    assert listed[phone.handle].data == {"device": "phone"}
    assert listed[phone.handle].expires_in > timedelta(minutes=29)
    assert listed[phone.handle].age < timedelta(minutes=1)
    assert sessions.revoke_listed("ada", tablet.handle)
    assert not sessions.revoke_listed("ada", tablet.handle)
    assert not sessions.revoke_listed("ada", other.handle), "a handle of another user ends nothing"
    assert sessions.revoke_others(laptop.id) == 1
    assert [session.handle for session in sessions.list("ada")] == [laptop.handle]
    assert sessions.revoke_all("ada") == 1
    assert sessions.list("ada") == ()
    assert sessions.revoke_all("ada") == 0
    assert sessions.revoke_others(laptop.id) is None
    assert sessions.load(other.id) is not None


def test_what_was_ended_leaves_no_data(own_server: Server) -> None:
    sessions = Sessions(patterns.connect(own_server.url), limit=2)
    client = own_server.client()
    kept = [begun(sessions, data={"secret": "x"}) for _ in range(5)]
    assert client.dbsize() == 3, "two sessions and their list"
    sessions.revoke_others(kept[-1].id)
    assert client.dbsize() == 2
    sessions.revoke_all("ada")
    assert client.dbsize() == 0
    sessions.revoke(begun(sessions).id)
    assert client.dbsize() == 0


def test_a_login_replaces_the_session_before_it(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace, limit=1, at_limit="refuse")
    visitor = begun(sessions, None, {"cart": "3"})
    login = sessions.create("ada", visitor.data, replacing=visitor.id.text)
    assert isinstance(login, Session)
    assert sessions.load(visitor.id) is None
    assert loaded(sessions, login.id).data == {"cart": "3"}
    full = sessions.create("ada")
    assert isinstance(full, SessionsFull)
    assert timedelta(minutes=29) < full.retry_after <= timedelta(minutes=30)
    again = sessions.create("ada", replacing=login.id)
    assert isinstance(again, Session), "its own old session makes room"


@pytest.mark.parametrize("at_limit", ["end_first", "refuse"])
def test_60_parallel_logins_at_limit_3_leave_exactly_3(
    client: Any, server: Server, namespace: str, at_limit: Any
) -> None:
    def login(number: int) -> Session | SessionsFull:
        del number
        with patterns.connect(server.url) as own:
            return Sessions(own, namespace=namespace, limit=3, at_limit=at_limit).create("ada")

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(login, range(60)))
    created = [answer for answer in answers if isinstance(answer, Session)]
    assert len(created) == (60 if at_limit == "end_first" else 3)
    sessions = Sessions(client, namespace=namespace)
    assert sum(sessions.load(session.id) is not None for session in created) == 3
    assert len(sessions.list("ada")) == 3


def test_a_count_before_the_write_lets_more_in(client: Any, server: Server, namespace: str) -> None:
    """The control: count, decide, write, in as many logins at a time."""
    key = f"{namespace}:naive"

    def login(number: int) -> None:
        with server.client() as own:
            for _ in range(20):
                if own.scard(key) < 3:
                    own.sadd(key, f"{number}")
                    own.expire(key, 60)

    for _ in range(50):
        client.delete(key)
        with ThreadPoolExecutor(30) as pool:
            list(pool.map(login, range(60)))
        if client.scard(key) > 3:
            return
    pytest.fail("fifty rounds of 60 logins, and never more than 3: the harness sees nothing")


def test_an_idle_session_ends_by_itself(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace, idle=0.2)
    session = begun(sessions)
    until(lambda: not client.keys(f"{namespace}:*"))
    assert sessions.load(session.id) is None


def test_a_used_session_ends_at_its_absolute_end(client: Any, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace, idle=0.5, lifetime=1.0, touch_every=0)
    session = begun(sessions)
    seen = timedelta(0)

    def gone() -> bool:
        nonlocal seen
        found = sessions.load(session.id)
        seen = max(seen, found.age) if found else seen
        return found is None

    until(gone)
    assert seen < timedelta(seconds=1)
    until(lambda: not client.keys(f"{namespace}:*"))


def test_reading_seldom_writes(own_server: Server) -> None:
    sessions = Sessions(patterns.connect(own_server.url))
    client = own_server.client()
    identity = begun(sessions).id
    writes = client.info("commandstats")["cmdstat_hset"]["calls"]
    for _ in range(20):
        loaded(sessions, identity)
    assert client.info("commandstats")["cmdstat_hset"]["calls"] == writes


@pytest.mark.parametrize(
    "wrong",
    [
        {"idle": 0},
        {"idle": "x"},
        {"lifetime": 366 * 86_400 + 1},
        {"limit": -1},
        {"limit": 1001},
        {"at_limit": "end_last"},
        {"grace": 61},
        {"touch_every": -1},
        {"pepper": b""},
        {"pepper": "text"},
        {"namespace": ""},
    ],
)
def test_a_wrong_option_is_refused_at_once(client: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(patterns.RedisError) as caught:
        Sessions(client, **wrong)
    assert caught.value.code is patterns.Code.ARGUMENT
