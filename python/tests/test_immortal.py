"""The watch over the suite must be able to see."""

from __future__ import annotations

import json

from conformance import ROOT
from conftest import Server
from immortal import BOUNDS_MS, Sampler, faults, kind
from waiting import until


def test_a_planted_key_without_expiry_is_seen(own_server: Server) -> None:
    client = own_server.client()
    client.set("app:lock:{x}:fence", 1)
    client.set("cache:{x}", "v", ex=86_400)
    client.hset("bucket:{x}", "until_us", 1)
    client.expire("bucket:{x}", 60)
    client.set("somebody:else's", 1)
    assert set(faults(client)) == {"app:lock:{x}:fence", "cache:{x}"}
    sampler = Sampler(own_server.client())
    sampler.start()
    until(lambda: sampler.samples > 2)
    client.flushall()
    assert set(sampler.finish()) == {"app:lock:{x}:fence", "cache:{x}"}


def test_kinds_of_keys_are_told_apart() -> None:
    assert kind("bucket:{a:b}:request:r:1") == "request"
    assert kind("eu:cache:{k}") == "cache"
    assert kind("lock:{x}") == "lock"
    assert kind("session:{t}:id:ab") == "id"
    assert kind("somebody:{x}") is None
    assert kind("shop:queue:{x}:dead") == "queue:*"
    assert kind("plain") is None


def test_every_kind_of_key_of_the_contracts_is_watched() -> None:
    for file in sorted((ROOT / "lua").glob("*/*.contract.json")):
        for key in json.loads(file.read_text("utf-8"))["keys"].values():
            if "expires" in key:
                name = key["template"].replace("<", "").replace(">", "")
                assert kind(name) in BOUNDS_MS, f"{file.name}: nobody watches {key['template']}"
