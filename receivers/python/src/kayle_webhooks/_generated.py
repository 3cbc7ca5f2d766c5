"""Written by `cargo xtask receivers generate` from the schemas in docs/openapi.json."""

from dataclasses import dataclass
from typing import Dict, FrozenSet, Literal, Tuple, Union

from ._claims import Claims
from ._unverified import Unverified


@dataclass(frozen=True)
class AttemptFailedMetadata:
    """The metadata of verification.attempt.failed."""

    contract_version: int
    event_id: str
    verification_session_id: str
    verification_attempt_id: str


@dataclass(frozen=True)
class AttemptFailedData:
    """The data of verification.attempt.failed."""

    failure_code: str


@dataclass(frozen=True)
class AttemptFailed:
    """verification.attempt.failed"""

    metadata: AttemptFailedMetadata
    data: AttemptFailedData
    unverified: Unverified = Unverified()
    type: Literal["verification.attempt.failed"] = "verification.attempt.failed"


@dataclass(frozen=True)
class AttemptSucceededMetadata:
    """The metadata of verification.attempt.succeeded."""

    contract_version: int
    event_id: str
    verification_session_id: str
    verification_attempt_id: str


@dataclass(frozen=True)
class AttemptSucceededData:
    """The data of verification.attempt.succeeded."""

    claims: Claims
    selected_field_keys: Tuple[str, ...]


@dataclass(frozen=True)
class AttemptSucceeded:
    """verification.attempt.succeeded"""

    metadata: AttemptSucceededMetadata
    data: AttemptSucceededData
    unverified: Unverified = Unverified()
    type: Literal["verification.attempt.succeeded"] = "verification.attempt.succeeded"


@dataclass(frozen=True)
class SessionCancelledMetadata:
    """The metadata of verification.session.cancelled."""

    contract_version: int
    event_id: str
    verification_session_id: str


@dataclass(frozen=True)
class SessionCancelledData:
    """The data of verification.session.cancelled."""

    outcome: str
    reason: str
    nfc_tries_used: int
    liveness_tries_used: int


@dataclass(frozen=True)
class SessionCancelled:
    """verification.session.cancelled"""

    metadata: SessionCancelledMetadata
    data: SessionCancelledData
    unverified: Unverified = Unverified()
    type: Literal["verification.session.cancelled"] = "verification.session.cancelled"


@dataclass(frozen=True)
class SessionExpiredMetadata:
    """The metadata of verification.session.expired."""

    contract_version: int
    event_id: str
    verification_session_id: str


@dataclass(frozen=True)
class SessionExpiredData:
    """The data of verification.session.expired."""



@dataclass(frozen=True)
class SessionExpired:
    """verification.session.expired"""

    metadata: SessionExpiredMetadata
    data: SessionExpiredData
    unverified: Unverified = Unverified()
    type: Literal["verification.session.expired"] = "verification.session.expired"


@dataclass(frozen=True)
class SessionFailedMetadata:
    """The metadata of verification.session.failed."""

    contract_version: int
    event_id: str
    verification_session_id: str


@dataclass(frozen=True)
class SessionFailedData:
    """The data of verification.session.failed."""

    failure_code: str
    nfc_tries_used: int
    liveness_tries_used: int


@dataclass(frozen=True)
class SessionFailed:
    """verification.session.failed"""

    metadata: SessionFailedMetadata
    data: SessionFailedData
    unverified: Unverified = Unverified()
    type: Literal["verification.session.failed"] = "verification.session.failed"


@dataclass(frozen=True)
class SessionSucceededMetadata:
    """The metadata of verification.session.succeeded."""

    contract_version: int
    event_id: str
    verification_session_id: str


@dataclass(frozen=True)
class SessionSucceededData:
    """The data of verification.session.succeeded."""

    claims: Claims
    selected_field_keys: Tuple[str, ...]


@dataclass(frozen=True)
class SessionSucceeded:
    """verification.session.succeeded"""

    metadata: SessionSucceededMetadata
    data: SessionSucceededData
    unverified: Unverified = Unverified()
    type: Literal["verification.session.succeeded"] = "verification.session.succeeded"


KnownEvent = Union[AttemptFailed, AttemptSucceeded, SessionCancelled, SessionExpired, SessionFailed, SessionSucceeded]

TEXT_CLAIMS: FrozenSet[str] = frozenset(["date_of_birth", "document_expiry_date", "document_number", "document_photo", "document_type_code", "family_name", "given_names", "issuing_country_code", "kayle_document_id", "kayle_human_id", "mrz_optional_data", "nationality_code", "sex_marker"])

# Class by part, and the kind of each member.
SHAPES: Dict[str, Tuple[type, type, type, Dict[str, Dict[str, str]]]] = {
    "verification.attempt.failed": (AttemptFailed, AttemptFailedMetadata, AttemptFailedData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text", "verification_attempt_id": "text"}, "data": {"failure_code": "text"}}),
    "verification.attempt.succeeded": (AttemptSucceeded, AttemptSucceededMetadata, AttemptSucceededData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text", "verification_attempt_id": "text"}, "data": {"claims": "claims", "selected_field_keys": "texts"}}),
    "verification.session.cancelled": (SessionCancelled, SessionCancelledMetadata, SessionCancelledData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text"}, "data": {"outcome": "text", "reason": "text", "nfc_tries_used": "integer", "liveness_tries_used": "integer"}}),
    "verification.session.expired": (SessionExpired, SessionExpiredMetadata, SessionExpiredData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text"}, "data": {}}),
    "verification.session.failed": (SessionFailed, SessionFailedMetadata, SessionFailedData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text"}, "data": {"failure_code": "text", "nfc_tries_used": "integer", "liveness_tries_used": "integer"}}),
    "verification.session.succeeded": (SessionSucceeded, SessionSucceededMetadata, SessionSucceededData, {"metadata": {"contract_version": "integer", "event_id": "text", "verification_session_id": "text"}, "data": {"claims": "claims", "selected_field_keys": "texts"}}),
}
