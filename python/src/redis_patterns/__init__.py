"""Redis patterns that hold up in production; the asyncio twins stand in `redis_patterns.aio`."""

from ._connect import connect
from .caching import ABSENT, BYTES, JSON, TEXT, Absent, Codec, Hit, Miss, Negative, Versioned
from .caching.sync import Cache
from .errors import CacheError, Code, Execution, LockError, PubSubError, RedisError
from .locks import FencedStale, FencedWritten, Held, RedlockRefusal, VoteAbstained, VoteFailed, VoteGranted
from .locks.fenced_sync import FencedValue
from .locks.lease_sync import Lease
from .locks.redlock_sync import Redlock, RedlockLease
from .locks.semaphore_sync import PermitLease, Semaphore
from .locks.sync import Lock
from .operations.sync import Doctor
from .preload import preload
from .pubsub import Gap, Message, MessageCodec, Published, SlowReader, SubscriptionEvent, Undecodable, literal
from .pubsub.sync import Publisher, Subscriber
from .rate_limiting import Decision, Limit, Refund, TierState
from .rate_limiting.sync import RateLimiter
from .sessions import ListedSession, Session, SessionConflict, SessionID, SessionReplaced, SessionsFull
from .sessions.sync import Sessions
from .streams import DeadLetter, StreamAdded, StreamLag, StreamMessage, StreamReject, StreamStats
from .streams.consumer_sync import StreamConsumer
from .streams.sync import MessageStream
from .structures import (
    BoardPage,
    BoardPlace,
    BoardRow,
    Counted,
    CounterRefused,
    DeadJob,
    EventAppended,
    FlagDown,
    FlagSet,
    FlagUp,
    FoundObject,
    JobExists,
    JobPushed,
    LogEvent,
    NotRanked,
    ObjectConflict,
    ObjectDeleted,
    ObjectFull,
    ObjectMissing,
    ObjectWritten,
    PointAdded,
    QueueEmpty,
    QueueFull,
    QueueState,
    ScoreRefused,
    ScoreSubmitted,
    SeriesPoint,
    SeriesStep,
    TagFull,
    Tagged,
    Untagged,
)
from .structures.board_sync import Leaderboard
from .structures.counter_sync import SharedCounter
from .structures.flag_sync import SharedFlag
from .structures.log_sync import EventLog
from .structures.object_sync import VersionedObject
from .structures.queue_sync import QueueJob, ReliableQueue
from .structures.recents_sync import RecentItems
from .structures.series_sync import TimeSeries
from .structures.tags_sync import TagIndex
from .structures.unique_sync import UniqueCounter

__all__ = [
    "ABSENT",
    "BYTES",
    "JSON",
    "TEXT",
    "Absent",
    "BoardPage",
    "BoardPlace",
    "BoardRow",
    "Cache",
    "CacheError",
    "Code",
    "Codec",
    "Counted",
    "CounterRefused",
    "DeadJob",
    "DeadLetter",
    "Decision",
    "Doctor",
    "EventAppended",
    "EventLog",
    "Execution",
    "FencedStale",
    "FencedValue",
    "FencedWritten",
    "FlagDown",
    "FlagSet",
    "FlagUp",
    "FoundObject",
    "Gap",
    "Held",
    "Hit",
    "JobExists",
    "JobPushed",
    "Leaderboard",
    "Lease",
    "Limit",
    "ListedSession",
    "Lock",
    "LockError",
    "LogEvent",
    "Message",
    "MessageCodec",
    "MessageStream",
    "Miss",
    "Negative",
    "NotRanked",
    "ObjectConflict",
    "ObjectDeleted",
    "ObjectFull",
    "ObjectMissing",
    "ObjectWritten",
    "PermitLease",
    "PointAdded",
    "PubSubError",
    "Published",
    "Publisher",
    "QueueEmpty",
    "QueueFull",
    "QueueJob",
    "QueueState",
    "RateLimiter",
    "RecentItems",
    "RedisError",
    "Redlock",
    "RedlockLease",
    "RedlockRefusal",
    "Refund",
    "ReliableQueue",
    "ScoreRefused",
    "ScoreSubmitted",
    "Semaphore",
    "SeriesPoint",
    "SeriesStep",
    "Session",
    "SessionConflict",
    "SessionID",
    "SessionReplaced",
    "Sessions",
    "SessionsFull",
    "SharedCounter",
    "SharedFlag",
    "SlowReader",
    "StreamAdded",
    "StreamConsumer",
    "StreamLag",
    "StreamMessage",
    "StreamReject",
    "StreamStats",
    "Subscriber",
    "SubscriptionEvent",
    "TagFull",
    "TagIndex",
    "Tagged",
    "TierState",
    "TimeSeries",
    "Undecodable",
    "UniqueCounter",
    "Untagged",
    "Versioned",
    "VersionedObject",
    "VoteAbstained",
    "VoteFailed",
    "VoteGranted",
    "connect",
    "literal",
    "preload",
]

__version__ = "0.1.0"
