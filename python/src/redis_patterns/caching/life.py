"""How long one fill lives."""

from __future__ import annotations

import random

from .._arguments import LONGEST_US


def drawn_ttl_us(ttl_us: int, jitter: float) -> int:
    """`ttl_us`, `jitter` (0 to 0.5) of it more or less, within what a script accepts; microseconds."""
    drawn = round(ttl_us * random.uniform(1 - jitter, 1 + jitter))
    return min(max(drawn, 1000), LONGEST_US)
