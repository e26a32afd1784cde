"""The tags of one cache, for asyncio."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import redis.asyncio

from .._arguments import LONGEST_US, texts, whole
from .._batch import arun_all
from .._clock import new_token
from ..runner import aread, arun
from . import tag_calls
from .entry import MOST_TAGS, Entry, Epochs, Tag

Now: TypeAlias = Epochs | None
"""A tag's epochs; None where it has none."""


class Tags:
    """Reads, opens and invalidates; each tag lies in a slot of its own, so no call touches two."""

    def __init__(self, redis: redis.asyncio.Redis, namespace: str | None) -> None:
        self._redis = redis
        self._namespace = namespace

    def reading(self, names: Iterable[str]) -> list[tuple[bytes | str, ...]]:
        """The commands of a plain read; `tag_calls.epochs` says what their replies mean."""
        return [("GET", self._key(name)) for name in names]

    async def complete(
        self, entries: Iterable[Entry | None], known: dict[str, Epochs | None]
    ) -> dict[str, Epochs | None]:
        """`known`, and the epochs of all other tags that the entries carry: one round trip if there are such."""
        names = {tag.name for entry in entries if entry is not None and entry.tags for tag in entry.tags}
        names.difference_update(known)
        if not names:
            return known
        replies = await aread(self._redis, self.reading(names))
        return {**known, **{name: tag_calls.epochs(stored) for name, stored in zip(names, replies, strict=True)}}

    async def open(self, names: Iterable[str], life_us: int) -> tuple[Tag, ...]:
        """The tags with their epochs as of now, for an entry that will live for `life_us` at most."""
        ordered = self.named(names)
        if not ordered:
            return ()
        ttl_us = min(2 * life_us, LONGEST_US)
        calls = [tag_calls.open(self._key(name), hard=new_token(), soft=new_token(), ttl_us=ttl_us) for name in ordered]
        found = await arun_all(self._redis, calls)
        return tuple(Tag(name, epochs) for name, epochs in zip(ordered, found, strict=True))

    def named(self, names: Iterable[str]) -> tuple[str, ...]:
        """The tags in order, each once. Raises `RedisError` (`ARGUMENT`)."""
        if names == ():  # nearly always
            return ()
        ordered = sorted(set(texts(names, "tags")))
        whole(len(ordered), "the number of tags", 0, MOST_TAGS)
        for name in ordered:
            self._key(name)
        return tuple(ordered)

    async def delete(self, name: str) -> bool:
        return (await arun(self._redis, tag_calls.delete(self._key(name)))).tags > 0

    async def mark_stale(self, name: str) -> bool:
        call = tag_calls.mark_stale(self._key(name), soft=new_token())
        return (await arun(self._redis, call)).tags > 0

    def _key(self, name: str) -> str:
        return tag_calls.name(name, namespace=self._namespace)
