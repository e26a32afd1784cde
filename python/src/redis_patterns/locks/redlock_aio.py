"""A lock by majority over several independent servers, for asyncio."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis.asyncio

from .. import _aio
from .._arguments import Duration, function, microseconds, seconds, whole
from .._clock import LateError, clock, deadline, new_token
from .._many_aio import each
from ..errors import Code, Execution, LockError, RedisError, argument_error
from ..runner import address, arun, check
from ..script import ScriptCall
from . import redlock_calls as calls
from .calls import Release
from .lease_aio import KeptLease
from .redlock_calls import RedlockRefusal, Vote, VoteFailed, VoteGranted

R = TypeVar("R")


class Nodes:
    """The servers, asked all at once."""

    def __init__(self, clients: Sequence[redis.asyncio.Redis], timeout: float) -> None:
        self.clients = tuple(clients)
        self.timeout = timeout
        self.most = len(self.clients) // 2 + 1

    async def ask(self, call: ScriptCall[R]) -> list[R | RedisError]:
        """The answer of each, in their order; a silent one's is a `TIMEOUT`."""
        works = [lambda client=client: arun(client, call) for client in self.clients]
        answers = await _aio.complete(lambda: each(works, self.timeout), self.timeout)
        return [self._typed(answer, client) for answer, client in zip(answers, self.clients, strict=True)]

    def _typed(self, answer: Any, client: Any) -> Any:
        if isinstance(answer, LateError):
            message = "no answer within the node's time"
            return RedisError(
                Code.TIMEOUT, message, execution=Execution.UNKNOWN, command="EVALSHA", address=address(client)
            )
        if isinstance(answer, Exception) and not isinstance(answer, RedisError):
            raise answer
        return answer


class RedlockLease(KeptLease):
    """Held by a majority until it is released, or until it is lost. It has no fence: the nodes share no order."""

    def __init__(
        self,
        nodes: Nodes,
        name: str,
        ttl_us: int,
        end: float,
        renew: ScriptCall[calls.Renewal],
        release: ScriptCall[calls.Release],
        on_lost: Callable[[Any], None] | None,
    ) -> None:
        super().__init__(name, ttl_us, end, on_lost)
        self._nodes = nodes
        self._renewal = renew
        self._return = release

    async def _ask_renewal(self) -> bool:
        answers = await self._nodes.ask(self._renewal)
        if answers.count("renewed") >= self._nodes.most:
            return True
        failures = [answer for answer in answers if isinstance(answer, RedisError)]
        if answers.count("renewed") + len(failures) < self._nodes.most:
            return False
        raise failures[0]  # perhaps the next attempt finds a majority

    async def _ask_release(self) -> Release:
        answers = await self._nodes.ask(self._return)
        # A node that does not answer forgets the vote by itself.
        return "lost" if answers.count("lost") >= self._nodes.most else "released"


class Redlock:
    """A lock that a majority of independent servers grants: it outlives the loss of a minority of them.

    `nodes`: clients of an odd number of servers, three or more, none a replica of another, and none twice: a client or
    an address that comes again is refused, but two names of one server cannot be told. A node that restarted less
    than `longest_ttl` ago abstains, for it may have forgotten its votes; give all who use the name the same. `ttl` is
    at most that. `node_timeout`: how long one node is waited for (default a twentieth of `ttl`). `wait` and `on_lost`
    are as in `Lock`; there is no queue, and so no order.

    It is for availability. It has no fence, so where two at a time would do damage, use `Lock` and its fence.
    """

    def __init__(
        self,
        nodes: Iterable[redis.asyncio.Redis],
        name: str,
        *,
        ttl: Duration = 10.0,
        longest_ttl: Duration = 60.0,
        node_timeout: Duration | None = None,
        wait: Duration = 30.0,
        namespace: str | None = None,
        on_lost: Callable[[RedlockLease], None] | None = None,
        allow_retries: bool = False,
    ) -> None:
        if on_lost is not None:
            function(on_lost, "on_lost")
        if not isinstance(nodes, Iterable):
            raise argument_error("nodes must be several Redis clients")
        nodes = tuple(nodes)
        for client in nodes:
            check(client, allow_retries=allow_retries, asynchronous=True)
        if len(nodes) < 3 or len(nodes) % 2 == 0:
            raise argument_error(f"a majority needs an odd number of nodes, three or more, not {len(nodes)}")
        for at, client in enumerate(nodes):
            if any(client is other or address(client) == address(other) is not None for other in nodes[:at]):
                raise argument_error(f"a node has one vote, and {address(client) or 'a client'} stands twice in nodes")
        self._name = name
        self._keys = calls.Keys.of(name, namespace=namespace)
        self._ttl_us = microseconds(ttl, "ttl")
        self._longest_us = microseconds(longest_ttl, "longest_ttl")
        self._wait = seconds(wait, "wait")
        self._on_lost = on_lost
        self._acquire("x")  # checks both
        timeout_us = self._ttl_us // 20 if node_timeout is None else microseconds(node_timeout, "node_timeout")
        self._nodes = Nodes(nodes, whole(max(timeout_us, 1), "node_timeout", 1, self._ttl_us // 3) / 1_000_000)
        self._leases: dict[object, list[RedlockLease]] = {}

    async def try_acquire(self) -> RedlockLease | RedlockRefusal:
        """The lease, or why there is none and the vote of each node; one round trip to each node, all at once.

        Without a majority, what was granted is given back. The lease is not renewed before it is entered.
        """
        owner = new_token()
        release = calls.release(self._keys, owner=owner)
        sent = clock()
        try:
            answers = await self._nodes.ask(self._acquire(owner))
            votes: list[Vote] = [VoteFailed(answer) if isinstance(answer, RedisError) else answer for answer in answers]
            end = deadline(sent, self._ttl_us / 1_000_000)
            granted = sum(isinstance(vote, VoteGranted) for vote in votes)
            # Half of the ttl must be left: what is nearly over when it comes is no lease to work under.
            if granted >= self._nodes.most and end - clock() >= self._ttl_us / 2_000_000:
                renew = calls.renew(self._keys, owner=owner, ttl_us=self._ttl_us)
                return RedlockLease(self._nodes, self._name, self._ttl_us, end, renew, release, self._on_lost)
        except BaseException:
            await _aio.finish(lambda: self._give_back(release), self._nodes.timeout)
            raise
        if any(isinstance(vote, (VoteGranted, VoteFailed)) for vote in votes):
            await _aio.finish(lambda: self._give_back(release), self._nodes.timeout)
        return RedlockRefusal.by(votes)

    async def acquire(self, *, wait: Duration | None = None) -> RedlockLease:
        """Asks again and again, after random pauses so that rivals do not share the votes each time.

        Raises `LockError`: `LOCKWAIT` when others held it to the end of the wait, `LOCKQUORUM` when too few nodes could
        vote.
        """
        end = clock() + (self._wait if wait is None else seconds(wait, "wait"))
        while True:
            got = await self.try_acquire()
            if isinstance(got, RedlockLease):
                return got
            left = end - clock()
            if left <= 0:
                code = LockError.QUORUM if got.reason == "unavailable" else LockError.WAIT
                raise LockError(code, f"{self._name} was not granted within the wait: {got}")
            await _aio.sleep(min(random.uniform(0.05, 0.2), left))

    async def __aenter__(self) -> RedlockLease:
        lease = await self.acquire()
        self._leases.setdefault(_aio.scope_id(), []).append(lease)
        return await lease.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: _aio.Traceback
    ) -> None:
        scope = _aio.scope_id()
        lease = self._leases[scope].pop()
        if not self._leases[scope]:
            del self._leases[scope]
        await lease.__aexit__(kind, error, trace)

    def _acquire(self, owner: str) -> ScriptCall[Any]:
        return calls.acquire(self._keys, owner=owner, ttl_us=self._ttl_us, longest_us=self._longest_us)

    async def _give_back(self, release: ScriptCall[calls.Release]) -> None:
        await self._nodes.ask(release)
