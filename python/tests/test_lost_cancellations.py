"""A cancellation that comes together with what was waited for is still heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from redis_patterns._aio import Bell, Flag
from redis_patterns._hub_aio import Ear


def bell() -> tuple[Callable[[], None], Callable[[], Awaitable[object]]]:
    one = Bell()
    return one.ring, lambda: one.wait(30.0)


def flag() -> tuple[Callable[[], None], Callable[[], Awaitable[object]]]:
    one = Flag()
    return one.set, lambda: one.wait(30.0)


def ear() -> tuple[Callable[[], None], Callable[[], Awaitable[object]]]:
    one = Ear()
    return one.wake, lambda: one.wait(30.0)


@pytest.mark.parametrize("make", [bell, flag, ear])
@pytest.mark.parametrize("ticks", range(4))
def test_a_cancellation_is_heard_beside_the_event(
    make: Callable[[], tuple[Callable[[], None], Callable[[], Awaitable[object]]]], ticks: int
) -> None:
    async def main() -> None:
        signal, wait = make()

        async def waiter() -> None:
            while True:
                await wait()
                await asyncio.Event().wait()  # only a cancellation ends this

        task = asyncio.ensure_future(waiter())
        await asyncio.sleep(0.01)
        signal()
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=5)
        assert done, "the cancellation was lost"

    asyncio.run(main())
