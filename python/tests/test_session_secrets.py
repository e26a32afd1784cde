"""Sessions under attack and under failure: what must not be seen, and what must still work."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import Session, SessionID, Sessions
from redis_patterns.sessions.ids import tag_of
from waiting import until

PRIVATE = "a private value"


def begun(sessions: Sessions) -> Session:
    created = sessions.create("ada.lovelace@example.org", {"note": PRIVATE})
    assert isinstance(created, Session)
    return created


def test_ids_have_256_random_bits_and_one_form() -> None:
    drawn = [SessionID.draw(tag_of("ada")) for _ in range(1000)]
    assert len({one.text for one in drawn}) == 1000
    assert {one.tag for one in drawn} == {tag_of("ada")}
    for one in drawn:
        assert len(one.text) == 64
        assert SessionID.read(one.text) == one
        assert one.handle() == hashlib.sha256(one.text.encode()).hexdigest()
        assert one.handle(b"p") == hmac.new(b"p", one.text.encode(), "sha256").hexdigest()
    bits = [int.from_bytes(bytes.fromhex(one.handle()), "big") for one in drawn]
    assert len(set(bits)) == 1000
    assert tag_of(None) != tag_of(None)


def test_neither_id_nor_data_nor_user_stands_in_a_text(client: Any, namespace: str, caplog: Any) -> None:
    sessions = Sessions(client, namespace=namespace, pepper=b"the pepper")
    texts = io.StringIO()
    with caplog.at_level(logging.DEBUG):
        created = begun(sessions)
        session = sessions.load(created.id)
        listed = sessions.list("ada.lovelace@example.org", ["note"])
        for one in (created, session, created.id, listed, sessions, sessions.rotate(created.id)):
            texts.write(f"{one!r} {one} {one:}" if not isinstance(one, tuple) else repr(one))
        with pytest.raises(patterns.RedisError) as caught:
            sessions.update(created.id, {"note": PRIVATE, "f" * 129: PRIVATE})
        texts.write(f"{caught.value} {caught.value!r}")
        spoilt = begun(sessions)
        client.set(f"{namespace}:session:{{{created.id.tag}}}:list", "of another type", ex=60)
        with pytest.raises(patterns.RedisError) as wrong:
            sessions.update(spoilt.id, {"note": PRIVATE})
        texts.write(f"{wrong.value} {wrong.value!r}")
        with pytest.raises(patterns.RedisError) as wrong:
            begun(sessions)
        assert wrong.value.code in (patterns.Code.WRONG_TYPE, patterns.Code.SCRIPT)
        texts.write(f"{wrong.value} {wrong.value!r}")
    everything = texts.getvalue() + caplog.text + b" ".join(client.keys(f"{namespace}:*")).decode()
    assert everything
    for secret in (created.id.text, created.id.text[22:], PRIVATE, "ada.lovelace", "the pepper"):
        assert secret not in everything


def test_the_server_never_sees_an_id(own_server: Server) -> None:
    """By what MONITOR shows of a whole life."""
    heard: list[str] = []
    ready, done = threading.Event(), threading.Event()

    def listen() -> None:
        with own_server.client() as watcher, watcher.monitor() as monitor:
            ready.set()
            for command in monitor.listen():
                heard.append(command["command"])
                if "the end" in command["command"]:
                    done.set()
                    return

    threading.Thread(target=listen, daemon=True).start()
    assert ready.wait(10)
    sessions = Sessions(patterns.connect(own_server.url))
    ids = [begun(sessions).id for _ in range(3)]
    sessions.load(ids[0].text)
    sessions.update(ids[0], {"a": "b"})
    rotated = sessions.rotate(ids[0])
    assert isinstance(rotated, Session)
    sessions.load(ids[0])
    sessions.list("ada.lovelace@example.org", ["note"])
    sessions.revoke(ids[1])
    sessions.revoke_others(ids[2])
    sessions.revoke_all("ada.lovelace@example.org")
    own_server.client().echo("the end")
    assert done.wait(10)
    everything = "\n".join(heard)
    assert ids[1].handle() in everything
    for identity in [*ids, rotated.id]:
        assert identity.text not in everything
        assert identity.text[22:54] not in everything


def test_ids_are_equal_by_their_bytes() -> None:
    one, two = SessionID.draw("00" * 16), SessionID.draw("00" * 16)
    assert one == SessionID.read(one.text)
    assert one != two
    assert one != one.text
    assert len({one, two, SessionID.read(one.text)}) == 2


def test_another_pepper_opens_nothing(client: Any, namespace: str) -> None:
    created = begun(Sessions(client, namespace=namespace, pepper=b"one"))
    assert Sessions(client, namespace=namespace, pepper=b"two").load(created.id) is None
    assert Sessions(client, namespace=namespace).load(created.id) is None
    assert Sessions(client, namespace=namespace, pepper=b"one").load(created.id) is not None


def test_logging_out_works_at_full_memory(own_server: Server) -> None:
    client = own_server.client()
    sessions = Sessions(patterns.connect(own_server.url), touch_every=0)
    kept = [begun(sessions) for _ in range(5)]
    client.config_set("maxmemory", 1)
    before = sessions.load(kept[0].id)
    assert before is not None, "loading and keeping alive work"
    attempts: list[Callable[[], object]] = [
        lambda: begun(sessions),
        lambda: sessions.update(kept[0].id, {"note": "new"}),
    ]
    for refused in attempts:
        with pytest.raises(patterns.RedisError) as caught:
            refused()
        assert caught.value.code is patterns.Code.OUT_OF_MEMORY
    unchanged = sessions.load(kept[0].id)
    assert unchanged is not None
    assert (unchanged.data, unchanged.version) == ({"note": PRIVATE}, 1)
    rotated = sessions.rotate(kept[0].id)
    assert isinstance(rotated, Session), "an id can be replaced"
    assert sessions.load(kept[0].id) is not None
    assert sessions.revoke(kept[1].id)
    assert sessions.revoke_listed("ada.lovelace@example.org", kept[2].handle)
    assert sessions.revoke_others(rotated.id) == 2
    assert sessions.revoke_all("ada.lovelace@example.org") == 1
    assert all(sessions.load(one.id) is None for one in [*kept, rotated])


def test_a_limit_that_a_full_server_cannot_serve_ends_nobody(own_server: Server) -> None:
    client = own_server.client()
    sessions = Sessions(patterns.connect(own_server.url), limit=1)
    kept = begun(sessions)
    client.config_set("maxmemory", 1)
    with pytest.raises(patterns.RedisError):
        begun(sessions)
    assert sessions.load(kept.id) is not None


def test_a_store_that_is_down_is_not_a_missing_session(own_server: Server) -> None:
    sessions = Sessions(patterns.connect(own_server.url))
    created = begun(sessions)
    own_server.process.kill()
    own_server.process.wait()
    for ask in (
        lambda: sessions.load(created.id),
        lambda: sessions.update(created.id, {"a": "b"}),
        lambda: sessions.revoke(created.id),
    ):
        with pytest.raises(patterns.RedisError) as caught:
            ask()
        assert caught.value.code in (patterns.Code.CONNECT, patterns.Code.CONNECTION_LOST)
        assert created.id.text not in str(caught.value)


def test_scripts_that_the_server_forgot_are_sent_again(own_server: Server) -> None:
    sessions = Sessions(patterns.connect(own_server.url))
    client: Any = own_server.client()
    created = begun(sessions)
    client.script_flush()
    assert sessions.load(created.id) is not None
    client.script_flush()
    assert sessions.revoke(created.id)


def test_every_operation_takes_the_round_trips_it_says(own_server: Server) -> None:
    client = own_server.client()
    sessions = Sessions(patterns.connect(own_server.url), limit=3)

    def trips(work: Any) -> int:
        before = int(client.info("stats")["total_reads_processed"])
        work()
        return int(client.info("stats")["total_reads_processed"]) - before - 1

    def every() -> dict[str, int]:
        client.flushdb()
        found: dict[str, int] = {}
        ids: list[SessionID] = []
        found["create"] = trips(lambda: ids.append(begun(sessions).id))
        ids += [begun(sessions).id for _ in range(2)]
        found["create at the limit"] = trips(lambda: ids.append(begun(sessions).id))
        identity = ids[-1]
        found["load"] = trips(lambda: sessions.load(identity))
        found["update"] = trips(lambda: sessions.update(identity, {"a": "b"}))
        found["list"] = trips(lambda: sessions.list("ada.lovelace@example.org", ["note"]))
        fresh: list[Any] = []
        found["rotate"] = trips(lambda: fresh.append(sessions.rotate(identity)))
        found["load by an old id"] = trips(lambda: sessions.load(identity))
        found["revoke by an old id"] = trips(lambda: sessions.revoke(identity))
        found["revoke"] = trips(lambda: sessions.revoke(ids[1]))
        found["create replacing"] = trips(lambda: ids.append(sessions.create("bob", replacing=ids[2]).id))  # type: ignore[union-attr]
        begun(sessions)
        own = begun(sessions)
        found["revoke others"] = trips(lambda: sessions.revoke_others(own.id))
        found["revoke all"] = trips(lambda: sessions.revoke_all("ada.lovelace@example.org"))
        found["revoke all of nobody"] = trips(lambda: sessions.revoke_all("nobody"))
        return found

    every()  # the scripts are known from here on
    assert every() == {
        "create": 1,
        "create at the limit": 2,
        "load": 1,
        "update": 1,
        "list": 2,
        "rotate": 1,
        "load by an old id": 2,
        "revoke by an old id": 2,
        "revoke": 1,
        "create replacing": 2,
        "revoke others": 2,
        "revoke all": 2,
        "revoke all of nobody": 1,
    }


def test_the_asyncio_face_does_the_same(server: Server, namespace: str) -> None:
    async def main() -> None:
        async with redis_patterns.aio.connect(server.url) as client:
            sessions = redis_patterns.aio.Sessions(client, namespace=namespace, limit=3)
            made = await asyncio.gather(*(sessions.create("ada", {"n": str(n)}) for n in range(60)))
            alive = [one for one in made if isinstance(one, Session) and await sessions.load(one.id)]
            assert len(alive) == 3
            changed = await asyncio.gather(*(sessions.update(alive[0].id, {f"f{n}": "x"}) for n in range(20)))
            assert all(isinstance(one, Session) for one in changed)
            rotated = await sessions.rotate(alive[0].id)
            assert isinstance(rotated, Session)
            assert len(rotated.data) == 21
            assert len(await sessions.list("ada")) == 3
            assert await sessions.revoke_others(rotated.id) == 2
            assert await sessions.revoke_all("ada") == 1
            assert await sessions.load(rotated.id) is None

    asyncio.run(main())


def test_an_ended_session_stays_ended_while_requests_save(client: Any, server: Server, namespace: str) -> None:
    sessions = Sessions(client, namespace=namespace)
    created = begun(sessions)
    stop = threading.Event()
    accepted = threading.Event()

    def save() -> None:
        with patterns.connect(server.url) as own:
            mine = Sessions(own, namespace=namespace)
            while not stop.is_set():
                if mine.update(created.id, {"note": "late"}) is not None:
                    accepted.set()

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(accepted.is_set)
    assert sessions.revoke_all("ada.lovelace@example.org") == 1
    assert sessions.load(created.id) is None
    accepted.clear()
    stop.set()
    for thread in threads:
        thread.join()
    assert sessions.load(created.id) is None
    assert client.keys(f"{namespace}:*") == []
