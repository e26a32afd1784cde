"""`session.*`"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import argument_error
from ..script import ScriptCall
from ..sessions import calls, replies
from ..sessions.ids import SessionID, tag_of
from .words import Json, us


def build(verb: str, given: dict[str, Json]) -> ScriptCall[Any]:
    pepper = given.pop("pepper").encode() if "pepper" in given else None
    namespace = given.pop("namespace", None)
    if verb in ("list", "revoke_all"):
        keys = calls.Keys.of(tag_of(given.pop("user"), pepper), namespace=namespace)
        return calls.names(keys) if verb == "list" else calls.revoke_all(keys)
    identity = _id(given.pop("id"))
    keys, handle = calls.Keys.of(identity.tag, namespace=namespace), identity.handle(pepper)
    if verb == "revoke_others":
        return calls.revoke_all(keys, keep=handle)
    if verb == "rotate":
        given["fresh"] = _id(given["fresh"]).handle(pepper)
    make: Callable[..., ScriptCall[Any]] = getattr(calls, verb)
    return make(keys, handle=handle, **given)


def outcome(result: Any) -> dict[str, Json] | None:
    match result:
        case replies.State():
            return _state(result)
        case replies.Created(ended):
            return {"status": "created", "ended": list(ended)}
        case replies.SessionsFull(retry):
            return {"status": "full", "retry_after_us": us(retry)}
        case replies.Taken():
            return {"status": "taken"}
        case replies.SessionConflict(version):
            return {"status": "conflict", "version": version}
        case replies.Moved(handle):
            return {"status": "replaced", "handle": handle}
        case replies.Gone():
            return {"status": "gone"}
        case replies.Ended(None):
            return {"status": "ended"}
        case replies.Ended(handles):
            return {"status": "ended", "handles": list(handles or ())}
        case replies.Names(now_us, sessions):
            named = [{"handle": handle, "expires_in_us": us(left)} for handle, left in sessions]
            return {"status": "listed", "now_us": now_us, "sessions": named}
    return None


def _state(state: replies.State) -> dict[str, Json]:
    return {
        "status": state.status,
        "version": state.version,
        "age_us": us(state.age),
        "unused_us": us(state.unused),
        "expires_in_us": us(state.expires_in),
        "ends_in_us": us(state.ends_in),
        "user": state.user or "",
        "data": dict(state.data),
    }


def _id(text: str) -> SessionID:
    identity = SessionID.read(text)
    if identity is None:
        raise argument_error("id must be 64 of A-Z a-z 0-9 _ -")
    return identity
