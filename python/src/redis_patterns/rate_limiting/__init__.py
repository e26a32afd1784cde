"""Rate limits: token buckets, fixed and sliding windows of up to eight tiers, exact sliding logs."""

from .calls import Decision, Refund, TierState
from .limit import Limit
from .sync import RateLimiter

__all__ = ["Decision", "Limit", "RateLimiter", "Refund", "TierState"]
