"""Rate limits: a token bucket of up to eight tiers."""

from .calls import Decision, Limit, Refund, TierState
from .sync import RateLimiter

__all__ = ["Decision", "Limit", "RateLimiter", "Refund", "TierState"]
