"""The right structure for each need, each with its end."""

from .board import NotRanked, Page, Place, Row, Submitted, TooLarge
from .board_sync import Leaderboard
from .counter import Counted, Refused
from .counter_sync import SharedCounter
from .flag import FlagDown, FlagSet, FlagUp
from .flag_sync import SharedFlag

__all__ = [
    "Counted",
    "FlagDown",
    "FlagSet",
    "FlagUp",
    "Leaderboard",
    "NotRanked",
    "Page",
    "Place",
    "Refused",
    "Row",
    "SharedCounter",
    "SharedFlag",
    "Submitted",
    "TooLarge",
]
