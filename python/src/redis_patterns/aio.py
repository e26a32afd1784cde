"""The patterns for asyncio, under the names of the synchronous ones."""

from ._connect import aconnect as connect
from .caching import ABSENT, BYTES, JSON, TEXT, Absent, Codec, Hit, Miss, Negative, Versioned
from .caching.aio import Cache
from .errors import CacheError, Code, Execution, LockError, PubSubError, RedisError
from .locks import FencedStale, FencedWritten, Held, RedlockRefusal, VoteAbstained, VoteFailed, VoteGranted
from .locks.aio import Lock
from .locks.fenced_aio import FencedValue
from .locks.lease_aio import Lease
from .locks.redlock_aio import Redlock, RedlockLease
from .locks.semaphore_aio import PermitLease, Semaphore
from .operations.aio import Doctor
from .preload import apreload as preload
from .pubsub import Gap, Message, MessageCodec, Published, SlowReader, SubscriptionEvent, Undecodable, literal
from .pubsub.aio import Publisher, Subscriber
from .rate_limiting import Decision, Limit, Refund, TierState
from .rate_limiting.aio import RateLimiter
from .sessions import ListedSession, Session, SessionConflict, SessionID, SessionReplaced, SessionsFull
from .sessions.aio import Sessions
from .streams import DeadLetter, StreamAdded, StreamLag, StreamMessage, StreamReject, StreamStats
from .streams.aio import MessageStream
from .streams.consumer_aio import StreamConsumer
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
from .structures.board_aio import Leaderboard
from .structures.counter_aio import SharedCounter
from .structures.flag_aio import SharedFlag
from .structures.log_aio import EventLog
from .structures.object_aio import VersionedObject
from .structures.queue_aio import QueueJob, ReliableQueue
from .structures.recents_aio import RecentItems
from .structures.series_aio import TimeSeries
from .structures.tags_aio import TagIndex
from .structures.unique_aio import UniqueCounter

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
