"""Verifies, decrypts and reads the webhooks that Kayle sends."""

from ._claims import Claims, ClaimValue
from ._errors import KayleError
from ._events import Event, TestEvent, UnknownEvent, is_terminal, outranks
from ._generated import (
    AttemptFailed,
    AttemptSucceeded,
    SessionCancelled,
    SessionExpired,
    SessionFailed,
    SessionSucceeded,
)
from ._handlers import answer, asgi, wsgi
from ._keys import PrivateKey, registration
from ._once import InMemoryOnce, SqlOnce
from ._receiver import Receiver
from ._unverified import Unverified

__all__ = [
    "AttemptFailed",
    "AttemptSucceeded",
    "Claims",
    "ClaimValue",
    "Event",
    "InMemoryOnce",
    "KayleError",
    "PrivateKey",
    "Receiver",
    "SessionCancelled",
    "SessionExpired",
    "SessionFailed",
    "SessionSucceeded",
    "SqlOnce",
    "TestEvent",
    "UnknownEvent",
    "Unverified",
    "answer",
    "asgi",
    "is_terminal",
    "outranks",
    "registration",
    "wsgi",
]
