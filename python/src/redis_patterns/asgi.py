"""Rate limits as ASGI middleware, for FastAPI, Starlette, Django and every other ASGI application. No dependency.

```python
app = RateLimitMiddleware(app, limiter, identify=account_of, on_failure="open")
```
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal, TypeAlias, get_args

from .errors import Code, RedisError, argument_error
from .rate_limiting.aio import RateLimiter
from .rate_limiting.http import UNAVAILABLE, HTTPAnswer, answer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

FailurePolicy = Literal["open", "closed", "raise"]
"""When the store fails: let the request pass, answer 503, or raise the `RedisError`."""

_log = logging.getLogger("redis_patterns.asgi")


class RateLimitMiddleware:
    """Charges each HTTP request and answers 429 to those that are refused; other scopes (websocket, lifespan) pass.

    `identify` says whom a request is charged to, from its scope; None: nobody, it passes. It may be asynchronous. Do
    not take what the caller can choose freely, or each choice is a full quota. `cost` is in units, 1 unless told.

    `on_failure` says what happens when the store fails, which is never a 429. How long a failure may take is the
    client's time-out: make the client of a middleware with a short one. An argument that cannot be sent (an id of more
    than 512 bytes, say) is no failure of the store and is raised under every policy.
    """

    def __init__(
        self,
        app: App,
        limiter: RateLimiter,
        *,
        identify: Callable[[Scope], str | Awaitable[str | None] | None],
        on_failure: FailurePolicy,
        cost: Callable[[Scope], int] | int = 1,
    ) -> None:
        if on_failure not in get_args(FailurePolicy):
            raise argument_error("on_failure must be open, closed or raise")
        self._app = app
        self._limiter = limiter
        self._identify = identify
        self._on_failure = on_failure
        self._cost = cost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        found = self._identify(scope)
        identity = await found if inspect.isawaitable(found) else found
        if identity is None:
            return await self._app(scope, receive, send)
        said = await self._ask(identity, self._cost(scope) if callable(self._cost) else self._cost)
        if said is None:
            return await self._app(scope, receive, send)
        fields = [(name.lower().encode(), value.encode()) for name, value in said.fields]
        if said.status is not None:
            fields.append((b"content-length", str(len(said.body)).encode()))
            await send({"type": "http.response.start", "status": said.status, "headers": fields})
            return await send({"type": "http.response.body", "body": said.body})

        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *fields]}
            await send(message)

        return await self._app(scope, receive, with_fields)

    async def _ask(self, identity: str, cost: int) -> HTTPAnswer | None:
        # None: the store failed, and the request passes.
        try:
            decision = await self._limiter.take(identity, cost=cost)
        except RedisError as error:
            if error.code is Code.ARGUMENT or self._on_failure == "raise":
                raise
            _log.warning("the store of the rate limiter failed, on_failure=%s: %s", self._on_failure, error)
            return UNAVAILABLE if self._on_failure == "closed" else None
        return answer(decision, self._limiter.tiers, cost=cost)
