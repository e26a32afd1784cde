"""Locks: a lease with a fencing token and a fair queue, a semaphore, a lock by majority, fenced values."""

from .calls import Held
from .fenced_calls import FencedStale, FencedWritten
from .fenced_sync import FencedValue
from .lease_sync import Lease
from .redlock_calls import RedlockRefusal, VoteAbstained, VoteFailed, VoteGranted
from .redlock_sync import Redlock, RedlockLease
from .semaphore_sync import PermitLease, Semaphore
from .sync import Lock

__all__ = [
    "FencedStale",
    "FencedValue",
    "FencedWritten",
    "Held",
    "Lease",
    "Lock",
    "PermitLease",
    "Redlock",
    "RedlockLease",
    "RedlockRefusal",
    "Semaphore",
    "VoteAbstained",
    "VoteFailed",
    "VoteGranted",
]
