"""A cache: leases make one loader per fleet, and a delete always wins."""

from .codec import BYTES, JSON, TEXT, Codec
from .sync import Cache
from .values import ABSENT, Absent, Hit, Miss, Negative, Versioned

__all__ = ["ABSENT", "BYTES", "JSON", "TEXT", "Absent", "Cache", "Codec", "Hit", "Miss", "Negative", "Versioned"]
