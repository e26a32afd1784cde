"""The right structure for each need, each with its end."""

from .board import NotRanked, Page, Place, Row, Submitted, TooLarge
from .board_sync import Leaderboard
from .counter import Counted, Refused
from .counter_sync import SharedCounter
from .flag import FlagDown, FlagSet, FlagUp
from .flag_sync import SharedFlag
from .log import Appended, Event
from .log_sync import EventLog
from .object import Conflict, Deleted, Found, Missing, TooManyFields, Written
from .object_sync import VersionedObject
from .queue import DeadJob, Empty, Exists, Full, Pushed, QueueState
from .queue_sync import Job, ReliableQueue
from .recents_sync import RecentItems
from .series import Point, PointAdded, Step
from .series_sync import TimeSeries
from .tags import TagFull, Tagged, Untagged
from .tags_sync import TagIndex
from .unique_sync import UniqueCounter

__all__ = [
    "Appended",
    "Conflict",
    "Counted",
    "DeadJob",
    "Deleted",
    "Empty",
    "Event",
    "EventLog",
    "Exists",
    "FlagDown",
    "FlagSet",
    "FlagUp",
    "Found",
    "Full",
    "Job",
    "Leaderboard",
    "Missing",
    "NotRanked",
    "Page",
    "Place",
    "Point",
    "PointAdded",
    "Pushed",
    "QueueState",
    "RecentItems",
    "Refused",
    "ReliableQueue",
    "Row",
    "SharedCounter",
    "SharedFlag",
    "Step",
    "Submitted",
    "TagFull",
    "TagIndex",
    "Tagged",
    "TimeSeries",
    "TooLarge",
    "TooManyFields",
    "UniqueCounter",
    "Untagged",
    "VersionedObject",
    "Written",
]
