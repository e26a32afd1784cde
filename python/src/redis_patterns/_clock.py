"""The clock that leases are measured by on this side: monotonic, and it counts the time that a machine sleeps."""

from __future__ import annotations

import secrets
import time

# On macOS CLOCK_MONOTONIC counts sleep, and there is no CLOCK_BOOTTIME.
_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", None) or time.CLOCK_MONOTONIC

DRIFT = 0.01
"""How much faster than the server's this clock may run."""
MARGIN = 0.002


class LateError(Exception):
    """A wait is over, and what was waited for has not come."""


def clock() -> float:
    """Seconds from a point that does not move."""
    return time.clock_gettime(_CLOCK)


def deadline(sent: float, ttl: float) -> float:
    """When a lease of `ttl` seconds, asked for at `sent`, must be given up: before the server gives it away."""
    return sent + ttl * (1 - DRIFT) - MARGIN


def new_token() -> str:
    """An owner or a token that nobody else has: 128 random bits."""
    return secrets.token_hex(16)
