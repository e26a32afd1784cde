"""Locks: a lease with a fencing token and a fair queue, a semaphore of leased permits, a value that checks fences."""

from .calls import Held
from .fenced_calls import Stale, Written
from .fenced_sync import FencedValue
from .lease_sync import Lease
from .semaphore_sync import PermitLease, Semaphore
from .sync import Lock

__all__ = ["FencedValue", "Held", "Lease", "Lock", "PermitLease", "Semaphore", "Stale", "Written"]
