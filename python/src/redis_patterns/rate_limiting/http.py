"""What an HTTP server says about a decision: status, fields and body, the same bytes as Swift's. Pure.

The fields are those of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651), the body is a problem of
RFC 9457.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from .calls import Decision
from .limit import Limit

_LARGEST_INTEGER = 999_999_999_999_999  # of a structured field
_SECOND_US = 1_000_000
_PROBLEM = ("Content-Type", "application/problem+json")


@dataclass(frozen=True, slots=True)
class HTTPAnswer:
    """`status` is 429 or 503, or None when the request may pass; then the fields belong on its own response."""

    status: int | None
    fields: tuple[tuple[str, str], ...]
    body: bytes = b""


UNAVAILABLE = HTTPAnswer(
    503,
    (_PROBLEM,),
    b'{"type":"about:blank","title":"Service Unavailable","status":503,'
    b'"detail":"Whether this request is within its limits could not be found out"}',
)
"""The store failed and the policy is to refuse: this is no 429, for nobody exceeded anything."""


def answer(decision: Decision, limit: Sequence[Limit], *, cost: int = 1) -> HTTPAnswer:
    """`limit` and `cost` are those that the decision was asked for.

    A pass carries `RateLimit-Policy` and `RateLimit`. A denial is a 429 with `Retry-After` in whole seconds, rounded
    up; when no waiting helps (the cost is larger than the limit) it carries none.
    """
    refused = not decision.allowed
    fields = [
        ("RateLimit-Policy", ", ".join(_policy(tier) for tier in limit)),
        ("RateLimit", ", ".join(_left(decision, at) for at in range(len(decision.tiers)))),
    ]
    if not refused:
        return HTTPAnswer(None, tuple(fields))
    if decision.status == "denied":
        fields.append(("Retry-After", str(_seconds(decision.retry_after))))
    exceeded = ",".join(f'"{tier.name}"' for tier in decision.tiers if tier.remaining < cost)
    body = (
        '{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",'
        '"title":"Request cannot be satisfied as assigned quota has been exceeded",'
        f'"status":429,"violated-policies":[{exceeded}]}}'
    )
    return HTTPAnswer(429, (_PROBLEM, *fields), body.encode())


def _policy(tier: Limit) -> str:
    # The window travels in whole seconds; one that is not whole is left out.
    seconds, rest = divmod(tier.per_us, _SECOND_US)
    window = f";w={seconds}" if rest == 0 else ""
    return f'"{tier.name}";q={min(tier.limit, _LARGEST_INTEGER)}{window}'


def _left(decision: Decision, at: int) -> str:
    # `t` must not lie after Retry-After: of a denial, only the binding tier knows when it gives more.
    tier, when = decision.tiers[at], ""
    if decision.allowed:
        when = f";t={_seconds(tier.reset_after)}"
    elif decision.status == "denied" and tier.name == decision.tier:
        when = f";t={_seconds(decision.retry_after)}"
    return f'"{tier.name}";r={min(tier.remaining, _LARGEST_INTEGER)}{when}'


def _seconds(duration: timedelta) -> int:
    return -(-duration // timedelta(seconds=1))
