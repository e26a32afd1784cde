"""For tests that compare the languages: plays shared scenarios, as the Swift player does."""

from ._scenario import run

__all__ = ["run"]
