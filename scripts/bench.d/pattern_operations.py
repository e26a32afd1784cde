"""What `scripts/bench patterns` measures: operations as a caller writes them, and what people usually keep instead.

`redis-patterns bench patterns` has the same operations under the same names in Swift.
"""

from __future__ import annotations

from collections.abc import Callable

import redis_patterns as patterns
from operation import VALUE, Client, Operation, Step, plain
from structure_operations import STRUCTURES


def limiter(*limits: patterns.Limit, request: bool = False) -> Callable[[Client], Step]:
    def make(client: Client) -> Step:
        limiter = patterns.RateLimiter(client, limits)
        if request:
            return lambda at: limiter.take("user", request=f"r{at}")
        return lambda at: limiter.take("user")

    return make


def plenty(per: float = 1.0, name: str = "default") -> patterns.Limit:
    return patterns.Limit.token_bucket(1_000_000, per=per, name=name)


def window_counter(client: Client) -> None:
    client.set("naive", 1, px=60_000)


def log_of_100(client: Client) -> None:
    client.zadd("naive", {f"0f8fad5b-d9cb-469f-a165-70867728{at:04x}": 1_700_000_000 + at for at in range(100)})
    client.pexpire("naive", 60_000)


def denied(client: Client) -> Step:
    limiter = patterns.RateLimiter(client, patterns.Limit.token_bucket(1, per=86_400.0))
    limiter.take("user")
    return lambda at: limiter.take("user")


def full_log(client: Client) -> Step:
    limiter = patterns.RateLimiter(client, patterns.Limit.sliding_log(100, per=0.001))
    return lambda at: limiter.take("user")


def filled_log(client: Client) -> None:
    limiter = patterns.RateLimiter(client, patterns.Limit.sliding_log(100, per=60.0))
    for _ in range(100):
        limiter.take("user")


def lock_once(client: Client) -> Step:
    lock = patterns.Lock(client, "job")

    def step(_: int) -> None:
        lease = lock.try_acquire()
        assert isinstance(lease, patterns.Lease)
        lease.release()

    return step


def renewal(client: Client) -> Step:
    lease = patterns.Lock(client, "job", ttl=600.0).try_acquire()
    assert isinstance(lease, patterns.Lease)
    return lambda at: lease.renew()


def held_lock(client: Client) -> Step:
    patterns.Lock(client, "job", ttl=600.0).try_acquire()
    other = patterns.Lock(client, "job")
    return lambda at: other.try_acquire()


def permits_once(client: Client) -> Step:
    semaphore = patterns.Semaphore(client, "pool", limit=8)

    def step(_: int) -> None:
        lease = semaphore.try_acquire()
        assert isinstance(lease, patterns.PermitLease)
        lease.release()

    return step


def cache(client: Client) -> patterns.Cache[bytes]:
    return patterns.Cache(client, codec=patterns.BYTES, ttl=600.0)


def missing(client: Client) -> Step:
    store = cache(client)
    return lambda at: store.get_or_load(f"page{at}", lambda: VALUE)


def hit(client: Client) -> Step:
    store = cache(client)
    store.get_or_load("page", lambda: VALUE)
    return lambda at: store.get_or_load("page", lambda: VALUE)


def put(client: Client) -> Step:
    store = cache(client)
    return lambda at: store.put("page", VALUE, version=at + 1)


def forget(client: Client) -> Step:
    store = cache(client)
    return lambda at: store.delete("page")


FIELDS = {f"field{number}": "x" * 50 for number in range(6)}


def begun(client: Client) -> tuple[patterns.Sessions, patterns.Session]:
    store = patterns.Sessions(client, idle=600.0)
    created = store.create("ann", FIELDS)
    assert isinstance(created, patterns.Session)
    return store, created


def session_create(client: Client) -> Step:
    store = patterns.Sessions(client, idle=600.0)
    return lambda at: store.create(f"user{at}", FIELDS)


def session_load(client: Client) -> Step:
    store, session = begun(client)
    return lambda at: store.load(session.id)


def session_change(client: Client) -> Step:
    store, session = begun(client)
    return lambda at: store.update(session.id, {"field1": str(at)})


def plain_session(client: Client) -> None:
    client.hset("naive", mapping={f"field{number}": "x" * 50 for number in range(6)})
    client.pexpire("naive", 600_000)


def fenced(client: Client) -> Step:
    report = patterns.FencedValue(client, "report", ttl=3600.0)
    return lambda at: report.write(VALUE, fence=at + 1)


def publication(client: Client) -> Step:
    publisher = patterns.Publisher(client, "news", codec=patterns.BYTES)
    return lambda at: publisher.publish(VALUE)


def streamed(request: bool = False) -> Callable[[Client], Step]:
    def make(client: Client) -> Step:
        orders = patterns.MessageStream(client, "orders")
        return lambda at: orders.add({"body": VALUE}, request=f"r{at}" if request else None)

    return make


THREE = (plenty(1, "second"), plenty(60, "minute"), plenty(3600, "hour"))

OPERATIONS = [
    Operation("rate_limiting", "take, token bucket", limiter(plenty()), "bucket:{user}", naive=window_counter),
    Operation("rate_limiting", "take, token bucket of 3 tiers", limiter(*THREE), "bucket:{user}"),
    Operation("rate_limiting", "take, token bucket, denied", denied, "bucket:{user}"),
    Operation("rate_limiting", "take, with a request id", limiter(plenty(), request=True), "bucket:{user}:request:r1"),
    Operation(
        "rate_limiting",
        "take, fixed window",
        limiter(patterns.Limit.fixed_window(1_000_000, per=60.0)),
        "ratelimit:{user}",
        naive=window_counter,
    ),
    Operation(
        "rate_limiting",
        "take, sliding window",
        limiter(patterns.Limit.sliding_window(1_000_000, per=60.0)),
        "ratelimit:{user}",
    ),
    Operation(
        "rate_limiting", "take, sliding log of 100", full_log, "ratelog:{user}", filled=filled_log, naive=log_of_100
    ),
    Operation("locks", "take and release", lock_once, "lock:{job}*", naive=plain("SET", "token", "PX", 30_000)),
    Operation("locks", "renew", renewal, "lock:{job}*"),
    Operation("locks", "ask for a held lock", held_lock),
    Operation("locks", "take and give back a permit of 8", permits_once, "semaphore:{pool}*"),
    Operation(
        "locks", "fenced write of 300 bytes", fenced, "fenced:{report}*", naive=plain("SET", VALUE, "PX", 3_600_000)
    ),
    Operation(
        "caching", "miss, load of 300 bytes, fill", missing, "cache:{page1}*", naive=plain("SET", VALUE, "PX", 600_000)
    ),
    Operation("caching", "hit of 300 bytes", hit),
    Operation("caching", "put of 300 bytes with a version", put, "cache:{page}*"),
    Operation("caching", "delete", forget),
    Operation("sessions", "create, 6 fields of 50 bytes", session_create, "session:*", naive=plain_session),
    Operation("sessions", "load", session_load),
    Operation("sessions", "change one field", session_change),
    Operation("pubsub", "publish 300 bytes", publication, "channel:{news}"),
    Operation("streams", "add 300 bytes", streamed(), "stream:{orders}*"),
    Operation("streams", "add 300 bytes, with a request id", streamed(request=True)),
    *STRUCTURES,
]
