"""What a delivery says, typed. What this version does not know is passed over."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Literal, Tuple, Union

from . import _json
from ._claims import Claims
from ._generated import SHAPES, TEXT_CLAIMS, KnownEvent
from ._unverified import Unverified


@dataclass(frozen=True)
class Metadata:
    """What events tell of themselves whose type says nothing more."""

    event_id: str
    verification_session_id: str


@dataclass(frozen=True)
class UnknownEvent:
    """A type that this version does not know. Answer it as if it were handled."""

    name: str
    metadata: Metadata
    # The whole event.
    json: Dict[str, Any] = field(repr=False)
    unverified: Unverified = Unverified()
    type: Literal["unknown"] = "unknown"


@dataclass(frozen=True)
class TestEvent:
    """A test delivery, about nobody. Answer it with the header `X-Kayle-Proof: <proof>`."""

    metadata: Metadata
    proof: str
    sample: Union[KnownEvent, UnknownEvent]
    unverified: Unverified = Unverified()
    type: Literal["test"] = "test"

    # It is no test of pytest's.
    __test__ = False


Event = Union[KnownEvent, TestEvent, UnknownEvent]

_NOBODYS_SESSION = "vs_" + "0" * 64
_INTEGER_MAX = 2**53 - 1
_AGE_CLAIM = re.compile(r"age_over_[0-9]+")


def is_terminal(event: Event) -> bool:
    """Whether the session has ended with this event. A test ends nothing."""
    return event.type.startswith("verification.session.")


def outranks(event: Event, earlier_type: str) -> bool:
    """Whether an event supersedes one of the same session that was handled before it: a
    cancellation does, since the person withdrew what an earlier event told."""
    cancelled = "verification.session.cancelled"
    return event.type == cancelled and earlier_type != cancelled


def read(plaintext: bytes, unverified: Unverified) -> Tuple[str, Event]:
    """The event and its name on the wire. Raises ValueError if the bytes are none."""
    root = _object(_json.parse(plaintext))
    name, metadata = _text(root.get("type")), _object(root.get("metadata"))
    event_id = _text(metadata.get("event_id"))
    session_id = _text(metadata.get("verification_session_id"))
    is_nobodys = session_id == _NOBODYS_SESSION
    if metadata.get("test", False) is not is_nobodys:
        raise ValueError("a test is marked twice")
    short = Metadata(event_id, session_id)
    sample: Union[KnownEvent, UnknownEvent]
    if name in SHAPES:
        sample = _known(name, root, unverified)
    else:
        sample = UnknownEvent(name, short, root, unverified)
    if not is_nobodys:
        return name, sample
    message = f"kayle-proof.{event_id}.{_text(metadata.get('challenge'))}"
    proof = hashlib.sha256(message.encode()).hexdigest()
    return name, TestEvent(short, proof, sample, unverified)


def _known(name: str, root: Dict[str, Any], unverified: Unverified) -> KnownEvent:
    event, metadata, data, shapes = SHAPES[name]
    made: KnownEvent = event(
        metadata=metadata(**_shaped(root.get("metadata"), shapes["metadata"])),
        data=data(**_shaped(root.get("data"), shapes["data"])),
        unverified=unverified,
    )
    return made


def _shaped(value: Any, shapes: Dict[str, str]) -> Dict[str, Any]:
    members = _object(value)
    return {name: _READERS[kind](members.get(name)) for name, kind in shapes.items()}


def _object(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _texts(value: Any) -> Tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("no array")
    return tuple(_text(item) for item in value)


def _integer(value: Any) -> int:
    """`3.0` is the whole number 3: not every language can tell them apart."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("no number")
    if abs(value) > _INTEGER_MAX or value != int(value):
        raise ValueError("no whole number within 53 bits")
    return int(value)


def _claims(value: Any) -> Claims:
    members = _object(value)
    if not all(_is_claim(key, claim) for key, claim in members.items()):
        raise ValueError("no claim")
    return Claims(members)


def _is_claim(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return key not in TEXT_CLAIMS
    return value is None or (isinstance(value, str) and not _AGE_CLAIM.fullmatch(key))


_READERS: Dict[str, Callable[[Any], Any]] = {"text": _text, "integer": _integer, "texts": _texts, "claims": _claims}
