"""Sessions: logins that end when they are ended, known by the hash of a random id."""

from .ids import SessionID
from .replies import SessionConflict, SessionsFull
from .session import ListedSession, Session, SessionReplaced
from .sync import Sessions

__all__ = ["ListedSession", "Session", "SessionConflict", "SessionID", "SessionReplaced", "Sessions", "SessionsFull"]
