"""What can go wrong, with codes that are stable and the same in Swift."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum


class Code(str, Enum):
    """Stable across releases; messages may change, codes may not."""

    # Ours, before or instead of a server's answer.
    ARGUMENT = "ARGUMENT"
    URL = "URL"
    CONNECT = "CONNECT"
    CONNECTION_LOST = "CONNECTIONLOST"
    TIMEOUT = "TIMEOUT"
    CANCELLED = "CANCELLED"
    OVERLOADED = "OVERLOADED"
    CLOSED = "CLOSED"
    PROTOCOL = "PROTOCOL"
    LIMIT = "LIMIT"
    REPLY = "REPLY"
    UNSUPPORTED = "UNSUPPORTED"
    # The server's.
    AUTH = "AUTH"
    PERMISSION = "NOPERM"
    NO_SCRIPT = "NOSCRIPT"
    WRONG_TYPE = "WRONGTYPE"
    LOADING = "LOADING"
    READ_ONLY = "READONLY"
    OUT_OF_MEMORY = "OOM"
    BUSY = "BUSY"
    MAX_CLIENTS = "MAXCLIENTS"
    PERSISTENCE = "MISCONF"
    NO_REPLICAS = "NOREPLICAS"
    CLUSTER = "CLUSTER"
    SCRIPT = "SCRIPT"
    SERVER = "SERVER"


class Execution(str, Enum):
    """Whether the command ran."""

    NOT_EXECUTED = "notExecuted"
    """A promise: no byte of it can have left, or the server refused it whole."""
    UNKNOWN = "unknown"
    """It left, and no answer came: it may have run once, or not at all."""
    PARTIAL = "partial"
    """A script stopped half-way: what it wrote before stays written."""


_NEXT_STEP = {
    Code.ARGUMENT: "Correct the argument that the message names; nothing was sent.",
    Code.URL: (
        "Write the URL as redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path/to/socket."
    ),
    Code.CONNECT: "Check that a Redis server listens at this address and that nothing between refuses the connection.",
    Code.CONNECTION_LOST: (
        "Repeat the call if it may run twice, or give it a request id; see whether the server restarted."
    ),
    Code.TIMEOUT: (
        "Look for slow commands (SLOWLOG GET) or a stalled server; raise the deadline only if the work needs it."
    ),
    Code.CANCELLED: "Nothing to do: the caller asked for it. The command may still have run.",
    Code.OVERLOADED: "Slow the callers down or raise the queue limit; the server answers more slowly than it is asked.",
    Code.CLOSED: "Make a new client: this one was closed.",
    Code.PROTOCOL: "Check that the port is a Redis server's and speaks plain RESP2; the connection was dropped.",
    Code.LIMIT: "Ask for less at a time, or raise the reply limit; the connection was dropped.",
    Code.REPLY: "Check that the scripts and the client are of the same protocol number.",
    Code.UNSUPPORTED: "Use a client or a server that offers this.",
    Code.AUTH: "Check user and password in the URL, and ACL LIST on the server.",
    Code.PERMISSION: "Grant the user this command and key (ACL SETUSER); see ACL LOG on the server.",
    Code.NO_SCRIPT: "Allow EVAL to this user, or load the scripts with SCRIPT LOAD.",
    Code.WRONG_TYPE: "Another program uses this key for something else: choose a namespace of your own.",
    Code.LOADING: "Wait until the server has read its data, then repeat.",
    Code.READ_ONLY: "Connect to the primary: this server is a replica.",
    Code.OUT_OF_MEMORY: "Raise maxmemory or free memory; see redis-patterns doctor.",
    Code.BUSY: "A script runs too long on the server: SCRIPT KILL, or wait.",
    Code.MAX_CLIENTS: "Raise maxclients or close connections; see CLIENT LIST.",
    Code.PERSISTENCE: "The server cannot save to disk: see its log, or stop-writes-on-bgsave-error.",
    Code.NO_REPLICAS: "Too few replicas are in sync (min-replicas-to-write).",
    Code.CLUSTER: "Connect to the cluster's node that owns the key; see CLUSTER INFO.",
    Code.SCRIPT: "A script failed on the server: see the message for its line.",
    Code.SERVER: "See the server's message.",
}

_BY_WORD = {
    "NOAUTH": Code.AUTH,
    "WRONGPASS": Code.AUTH,
    "NOPERM": Code.PERMISSION,
    "NOSCRIPT": Code.NO_SCRIPT,
    "WRONGTYPE": Code.WRONG_TYPE,
    "LOADING": Code.LOADING,
    "READONLY": Code.READ_ONLY,
    "OOM": Code.OUT_OF_MEMORY,
    "BUSY": Code.BUSY,
    "MISCONF": Code.PERSISTENCE,
    "NOREPLICAS": Code.NO_REPLICAS,
    "MOVED": Code.CLUSTER,
    "ASK": Code.CLUSTER,
    "TRYAGAIN": Code.CLUSTER,
    "CLUSTERDOWN": Code.CLUSTER,
    "CROSSSLOT": Code.CLUSTER,
    "MASTERDOWN": Code.CLUSTER,
}

# Before 7.0 the server puts this before what a script's command was refused with, which then has no code of its own.
_WRAPPING = re.compile(r"(?:ERR )?(?:Error running script \(call to f_[0-9a-f]+\): )?(?:@user_script: ?[0-9]+: )+-?")
_FORBIDDEN = ("The user executing the script can't ", "ACL failure in script")  # 6.2 and 7.0; 7.2


class RedisError(Exception):
    """A call to Redis failed: what happened, where, whether the command may have run, and what to do.

    Never holds a password, an argument or a value.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        execution: Execution,
        command: str | None = None,
        address: str | None = None,
        server_code: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        """What happened and why, in one sentence."""
        self.execution = execution
        self.command = command
        """The verb only, never its arguments."""
        self.address = address
        """`host:port` or a socket path, without user and password."""
        self.server_code = server_code
        """The server's own word for it: `WRONGTYPE`."""

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return _NEXT_STEP[self.code]

    @property
    def documentation(self) -> str:
        """The anchor of this code on the errors page."""
        return f"docs/errors.md#{self.code.value.lower()}"

    def __str__(self) -> str:
        place = f" at {self.address}" if self.address else ""
        verb = f"{self.command}, " if self.command else ""
        what = f"{self.code.value}{place}: {self.message} ({verb}{self.execution.value})."
        return f"{what} {self.next_step} See {self.documentation}"

    def __repr__(self) -> str:
        return f"RedisError({self})"

    def __reduce__(self) -> tuple[object, ...]:
        return _revive, (self.code, self.message, self.execution, self.command, self.address, self.server_code)


def _revive(
    code: Code, message: str, execution: Execution, command: str | None, address: str | None, server_code: str | None
) -> RedisError:
    return RedisError(code, message, execution=execution, command=command, address=address, server_code=server_code)


def server_error(text: str, *, command: str | None = None, address: str | None = None) -> RedisError:
    """Reads a server's error line (without the `-`), alike for every version of the server.

    A refusal before execution is `notExecuted`; an error that a script raised half-way is `partial`, because nothing
    rolls back what it wrote before.
    """
    wrapping = _WRAPPING.match(text)
    said = text[wrapping.end() :] if wrapping else text
    word = said.split(" ", 1)[0]
    in_script = wrapping is not None or "script: " in text or "Error running script" in text
    code = _BY_WORD.get(word)
    if wrapping and code is None:
        word = "ERR"
    if code is None and text.startswith("ERR max number of clients reached"):
        code = Code.MAX_CLIENTS
    elif code is None and text.startswith(("ERR invalid password", "ERR Protocol error: unauthenticated")):
        code = Code.AUTH
    elif code is None and said.removeprefix("ERR ").startswith(_FORBIDDEN):
        code = Code.PERMISSION
    return RedisError(
        code or (Code.SCRIPT if in_script else Code.SERVER),
        # For a command that it does not know, the server repeats the arguments: they may be secret.
        text.split(", with args beginning with", 1)[0] if text.startswith("ERR unknown ") else text,
        execution=Execution.PARTIAL if in_script else Execution.NOT_EXECUTED,
        command=command,
        address=address,
        server_code=word,
    )


def argument_error(message: str) -> RedisError:
    """An argument that would not be sent: `ARGUMENT`, `notExecuted`."""
    return RedisError(Code.ARGUMENT, message, execution=Execution.NOT_EXECUTED)


def reply_error(script: str, reply: object) -> RedisError:
    """A reply of another shape than the contract's. Says its shape, never its content."""
    shape = f"a list of {len(reply)}" if isinstance(reply, list) else type(reply).__name__
    return RedisError(Code.REPLY, f"{script} replied {shape} that is not in its contract", execution=Execution.UNKNOWN)


class LockError(Exception):
    """A lock broke its promise.

    `LOCKLOST`: the lease ended before the work did. `LOCKWAIT`: not granted in time. `LOCKQUORUM`: too few nodes of a
    Redlock could vote.
    """

    LOST = "LOCKLOST"
    WAIT = "LOCKWAIT"
    QUORUM = "LOCKQUORUM"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class CacheError(Exception):
    """A value could not be had: `CACHEWAIT`, `CACHEBACKOFF` (then `retry_after` says how long) or `CACHECODEC`."""

    WAIT = "CACHEWAIT"
    BACKOFF = "CACHEBACKOFF"
    CODEC = "CACHECODEC"

    def __init__(self, code: str, message: str, retry_after: timedelta = timedelta(0)) -> None:
        super().__init__(code, message, retry_after)
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class PubSubError(Exception):
    """A subscription ended. `PUBSUBSLOW`: by its own policy. `PUBSUBENDED`: it could not be renewed."""

    SLOW = "PUBSUBSLOW"
    ENDED = "PUBSUBENDED"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
