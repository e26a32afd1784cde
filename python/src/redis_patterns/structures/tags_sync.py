# Written by scripts/unasync.py from tags_aio.py: edit that file, then run the script.
"""Tags for threads."""

from __future__ import annotations

import redis

from .._arguments import Duration, microseconds
from ..runner import check, read, run
from . import tags as calls
from ._rules import identity, several
from .tags import TagFull, Tagged, Untagged


class TagIndex:
    """Which tags an item has, and which items a tag has, written in one step.

    A tag that no item was given for `ttl` ends, and so do the tags of an item that was given and left none. To keep an
    item under all its tags, give it all of them anew.
    """

    def __init__(
        self,
        redis: redis.Redis,
        name: str,
        *,
        ttl: Duration,
        most: int = calls.MOST,
        namespace: str | None = None,
        allow_retries: bool = False,
    ) -> None:
        check(redis, allow_retries=allow_retries, asynchronous=False)
        self._redis = redis
        self._name = name
        self._ttl_us = microseconds(ttl, "ttl")
        self._most = most
        self._namespace = namespace
        calls.add(name, item="x", tags=("x",), most=most, ttl_us=self._ttl_us, namespace=namespace)  # checks all

    def add(self, item: str, *tags: str) -> Tagged | TagFull:
        """Gives an item up to 100 tags. `TagFull`: one of them has `most` items, and none was given."""
        call = calls.add(
            self._name, item=item, tags=tags, most=self._most, ttl_us=self._ttl_us, namespace=self._namespace
        )
        return run(self._redis, call)

    def remove(self, item: str, *tags: str) -> Untagged:
        """Takes tags from an item. Works when the server's memory is full."""
        call = calls.remove(self._name, item=item, tags=tags, ttl_us=self._ttl_us, namespace=self._namespace)
        return run(self._redis, call)

    def tags(self, item: str) -> set[str]:
        """The tags of an item."""
        return self._members("SMEMBERS", [calls.of_item(self._name, item, namespace=self._namespace)])

    def has(self, item: str, tag: str) -> bool:
        """Whether an item has a tag."""
        command = ("SISMEMBER", calls.of_item(self._name, item, namespace=self._namespace), identity(tag, "tag"))
        (there,) = read(self._redis, [command])
        return bool(there)

    def all_of(self, *tags: str) -> set[str]:
        """The items that have every one of up to 100 tags."""
        return self._members("SINTER", self._keys(tags))

    def any_of(self, *tags: str) -> set[str]:
        """The items that have at least one of up to 100 tags."""
        return self._members("SUNION", self._keys(tags))

    def _keys(self, tags: tuple[str, ...]) -> list[str]:
        several(tags, "tags", calls.MOST_TAGS)
        return [calls.of_tag(self._name, tag, namespace=self._namespace) for tag in tags]

    def _members(self, command: str, keys: list[str]) -> set[str]:
        (found,) = read(self._redis, [(command, *keys)])
        return {bytes(member).decode() for member in found}
