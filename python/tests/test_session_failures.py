"""Sessions under failure: what must still work, and at what cost."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from conftest import Server
from redis_patterns import Session, SessionID, Sessions
from waiting import until

PRIVATE = "a private value"


def begun(sessions: Sessions) -> Session:
    created = sessions.create("ada.lovelace@example.org", {"note": PRIVATE})
    assert isinstance(created, Session)
    return created


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


def test_in_a_cluster_each_operation_stays_in_one_slot() -> None:
    server = Server("--port", str(port_with_a_bus()), "--bind", "127.0.0.1", "--cluster-enabled", "yes")
    try:
        client = server.client()
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
        until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO", NEVER_DECODE=True))
        sessions = Sessions(patterns.connect(server.url), limit=3)
        kept = [begun(sessions) for _ in range(5)]
        rotated = sessions.rotate(kept[-1].id)
        assert isinstance(rotated, Session)
        assert isinstance(sessions.update(rotated.id, {"note": "new"}), Session)
        assert sessions.load(kept[-1].id) is not None
        assert len(sessions.list("ada.lovelace@example.org", ["note"])) == 3
        assert sessions.revoke(kept[-2].id)
        assert sessions.revoke_others(rotated.id) == 1
        assert sessions.revoke_all("ada.lovelace@example.org") == 1
    finally:
        server.stop()


def port_with_a_bus() -> int:
    """A free port whose neighbour, 10,000 above it, is free for the nodes of a cluster."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            if port + 10_000 > 65_535:
                continue
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port + 10_000)):
                return port


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
