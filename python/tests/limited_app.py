"""An ASGI application behind the middleware, on a port of its own, for `test_http_limits.py`.

`limited_app.py REDIS_URL NAMESPACE POLICY` prints its port and serves until it is ended. The server in
`Tests/HummingbirdServer` does the same in Swift.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn

from redis_patterns.aio import Limit, RateLimiter, connect
from redis_patterns.asgi import FailurePolicy, RateLimitMiddleware, Receive, Scope, Send


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    found = scope["path"] == "/"
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello" if found else b""})


def header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode() for found, value in scope["headers"] if found == name), None)


def limited(url: str, namespace: str, policy: FailurePolicy) -> Any:
    limiter = RateLimiter(
        connect(url, timeout=0.5, connect_timeout=0.5),
        [Limit.fixed_window(3, per=3600, name="hour"), Limit.sliding_window(1000, per=86400, name="day")],
        namespace=namespace,
    )
    # --8<-- [start:middleware]
    return RateLimitMiddleware(
        hello,
        limiter,
        identify=lambda scope: header(scope, b"x-user"),
        cost=lambda scope: int(header(scope, b"x-cost") or 1),
        on_failure=policy,  # "open", "closed" or "raise"
    )
    # --8<-- [end:middleware]


if __name__ == "__main__":
    app = limited(sys.argv[1], sys.argv[2], sys.argv[3])  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error")).run(sockets=[listener])
