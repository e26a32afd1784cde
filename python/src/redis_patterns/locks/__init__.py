"""Locks: a lease with a fencing token and a fair queue."""

from .calls import Held
from .lease_sync import Lease
from .sync import Lock

__all__ = ["Held", "Lease", "Lock"]
