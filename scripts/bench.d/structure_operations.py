"""The structures' part of `pattern_operations.py`."""

from __future__ import annotations

import redis_patterns as patterns
from operation import VALUE, Client, Operation, Step, plain


def counter(client: Client) -> Step:
    visits = patterns.SharedCounter(client, "visits", ttl=3600.0)
    return lambda at: visits.add()


def board(client: Client) -> Step:
    league = patterns.Leaderboard(client, "league")
    return lambda at: league.submit(f"player{at % 100}", at)


def written_object(client: Client) -> Step:
    basket = patterns.VersionedObject(client, "basket", ttl=3600.0)
    return lambda at: basket.write({"item": str(at)}, seen=at)


def recent(client: Client) -> Step:
    pages = patterns.RecentItems(client, "pages", ttl=3600.0)
    return lambda at: pages.add(f"page{at}")


def queued(client: Client) -> Step:
    mails = patterns.ReliableQueue(client, "mails")

    def step(_: int) -> None:
        mails.push(VALUE)
        job = mails.pop()
        assert isinstance(job, patterns.QueueJob)
        job.ack()

    return step


def tagged(client: Client) -> Step:
    posts = patterns.TagIndex(client, "posts", ttl=3600.0)
    return lambda at: posts.add(f"post{at % 1000}", "swift", "redis")


def measured(client: Client) -> Step:
    load = patterns.TimeSeries(client, "load", keep=3600.0)
    return load.add


def visited(client: Client) -> Step:
    visitors = patterns.UniqueCounter(client, "visitors")
    return lambda at: visitors.add(f"user{at}")


def logged(client: Client) -> Step:
    orders = patterns.EventLog(client, "orders", keep=3600.0)
    return lambda at: orders.append("placed", VALUE)


STRUCTURES = [
    Operation("structures", "counter, add", counter, "counter:{visits}*", naive=plain("SET", 1)),
    Operation("structures", "leaderboard of 100, submit", board, "board:{league}*"),
    Operation("structures", "versioned object, write", written_object, "object:{basket}*"),
    Operation("structures", "recents of 100, add", recent, "recent:{pages}*"),
    Operation("structures", "queue, push, pop and ack", queued),
    Operation("structures", "tags, add two", tagged),
    Operation("structures", "time series, add", measured, "series:{load}*"),
    Operation("structures", "unique counter, add", visited, "unique:{visitors}*"),
    Operation("structures", "event log, append 300 bytes", logged, "log:{orders}*"),
]
