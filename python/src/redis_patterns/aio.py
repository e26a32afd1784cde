"""The patterns for asyncio, under the names of the synchronous ones."""

from ._connect import aconnect as connect
from .caching import ABSENT, BYTES, JSON, TEXT, Absent, Codec, Hit, Miss, Negative, Versioned
from .caching.aio import Cache
from .errors import CacheError, Code, Execution, LockError, PubSubError, RedisError
from .locks import Abstained, Failed, Granted, Held, Refused, Stale, Written
from .locks.aio import Lock
from .locks.fenced_aio import FencedValue
from .locks.lease_aio import Lease
from .locks.redlock_aio import Redlock, RedlockLease
from .locks.semaphore_aio import PermitLease, Semaphore
from .operations.aio import Doctor
from .preload import apreload as preload
from .pubsub import Gap, Message, Published, SlowReader, Undecodable, literal
from .pubsub.aio import Publisher, Subscriber
from .rate_limiting import Decision, Limit, Refund, TierState
from .rate_limiting.aio import RateLimiter
from .sessions import ListedSession, Session, SessionConflict, SessionID, SessionReplaced, SessionsFull
from .sessions.aio import Sessions
from .streams import DeadLetter, StreamAdded, StreamLag, StreamMessage, StreamReject, StreamStats
from .streams.aio import MessageStream
from .streams.consumer_aio import StreamConsumer
from .structures.board_aio import Leaderboard
from .structures.counter_aio import SharedCounter
from .structures.flag_aio import SharedFlag
from .structures.log_aio import EventLog
from .structures.object_aio import VersionedObject
from .structures.queue_aio import ReliableQueue
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
    "Abstained",
    "Cache",
    "CacheError",
    "Code",
    "Codec",
    "DeadLetter",
    "Decision",
    "Doctor",
    "EventLog",
    "Execution",
    "Failed",
    "FencedValue",
    "Gap",
    "Granted",
    "Held",
    "Hit",
    "Leaderboard",
    "Lease",
    "Limit",
    "ListedSession",
    "Lock",
    "LockError",
    "Message",
    "MessageStream",
    "Miss",
    "Negative",
    "PermitLease",
    "PubSubError",
    "Published",
    "Publisher",
    "RateLimiter",
    "RecentItems",
    "RedisError",
    "Redlock",
    "RedlockLease",
    "Refund",
    "Refused",
    "ReliableQueue",
    "Semaphore",
    "Session",
    "SessionConflict",
    "SessionID",
    "SessionReplaced",
    "Sessions",
    "SessionsFull",
    "SharedCounter",
    "SharedFlag",
    "SlowReader",
    "Stale",
    "StreamAdded",
    "StreamConsumer",
    "StreamLag",
    "StreamMessage",
    "StreamReject",
    "StreamStats",
    "Subscriber",
    "TagIndex",
    "TierState",
    "TimeSeries",
    "Undecodable",
    "UniqueCounter",
    "Versioned",
    "VersionedObject",
    "Written",
    "connect",
    "literal",
    "preload",
]
