"""Secrets of sessions: what must not be seen."""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import threading
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import Session, SessionID, Sessions
from redis_patterns.sessions.ids import tag_of

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
