"""What is exported: every name of a pattern stands at the top, in both faces, and means one thing."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

import redis_patterns
import redis_patterns.aio

PATTERNS = ["caching", "locks", "pubsub", "rate_limiting", "sessions", "streams", "structures"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_pattern_exports_stands_at_the_top_as_the_same_thing(pattern: str) -> None:
    package = import_module(f"redis_patterns.{pattern}")
    missing = [name for name in package.__all__ if name not in redis_patterns.__all__]
    other = [name for name in package.__all__ if getattr(redis_patterns, name, None) is not getattr(package, name)]
    assert (missing, other) == ([], [])


def test_no_two_patterns_export_the_same_name() -> None:
    names = [
        name for pattern in [*PATTERNS, "operations"] for name in import_module(f"redis_patterns.{pattern}").__all__
    ]
    assert sorted(names) == sorted({*names})


def test_both_faces_have_the_same_names() -> None:
    assert redis_patterns.aio.__all__ == redis_patterns.__all__


def test_what_is_not_of_one_face_is_the_same_in_both() -> None:
    """Only what talks to a server differs: a value that one face returns is what the other would."""
    for name in redis_patterns.__all__:
        here, there = getattr(redis_patterns, name), getattr(redis_patterns.aio, name)
        if inspect.isclass(here) and here is not there:
            assert any(inspect.iscoroutinefunction(verb) for _, verb in inspect.getmembers(there)), name
