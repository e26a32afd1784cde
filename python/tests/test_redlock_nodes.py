"""Which servers may vote together; none of them is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import redis_patterns as patterns
import redis_patterns.aio
from redis_patterns import Redlock


@pytest.mark.parametrize("connect", [patterns.connect, redis_patterns.aio.connect], ids=["threads", "asyncio"])
def test_one_server_has_one_vote(connect: Callable[[str], Any]) -> None:
    """The same client again, or another client of the same address, whatever its database."""
    make = Redlock if connect is patterns.connect else redis_patterns.aio.Redlock
    urls = [f"redis://127.0.0.1:{port}" for port in (1, 2, 3)]
    a, b, c = map(connect, urls)
    for nodes in ([a, b, a], [a, b, connect(urls[0] + "/1")], [connect("unix:///s"), b, connect("unix:///s?db=2")]):
        with pytest.raises(patterns.RedisError, match=r"ARGUMENT: .*stands twice"):
            make(nodes, "x")
    make([a, b, c], "x")
