"""The right structure for each need, each with its end."""

from .board import BoardPage, BoardPlace, BoardRow, NotRanked, ScoreRefused, ScoreSubmitted
from .board_sync import Leaderboard
from .counter import Counted, CounterRefused
from .counter_sync import SharedCounter
from .flag import FlagDown, FlagSet, FlagUp
from .flag_sync import SharedFlag
from .log import EventAppended, LogEvent
from .log_sync import EventLog
from .object import FoundObject, ObjectConflict, ObjectDeleted, ObjectFull, ObjectMissing, ObjectWritten
from .object_sync import VersionedObject
from .queue import DeadJob, JobExists, JobPushed, QueueEmpty, QueueFull, QueueState
from .queue_sync import QueueJob, ReliableQueue
from .recents_sync import RecentItems
from .series import PointAdded, SeriesPoint, SeriesStep
from .series_sync import TimeSeries
from .tags import TagFull, Tagged, Untagged
from .tags_sync import TagIndex
from .unique_sync import UniqueCounter

__all__ = [
    "BoardPage",
    "BoardPlace",
    "BoardRow",
    "Counted",
    "CounterRefused",
    "DeadJob",
    "EventAppended",
    "EventLog",
    "FlagDown",
    "FlagSet",
    "FlagUp",
    "FoundObject",
    "JobExists",
    "JobPushed",
    "Leaderboard",
    "LogEvent",
    "NotRanked",
    "ObjectConflict",
    "ObjectDeleted",
    "ObjectFull",
    "ObjectMissing",
    "ObjectWritten",
    "PointAdded",
    "QueueEmpty",
    "QueueFull",
    "QueueJob",
    "QueueState",
    "RecentItems",
    "ReliableQueue",
    "ScoreRefused",
    "ScoreSubmitted",
    "SeriesPoint",
    "SeriesStep",
    "SharedCounter",
    "SharedFlag",
    "TagFull",
    "TagIndex",
    "Tagged",
    "TimeSeries",
    "UniqueCounter",
    "Untagged",
    "VersionedObject",
]
