//! What the tests of this crate start from.

use std::time::Duration;

use kayle_events::{ClaimKey, ClaimValue, Claims, FailureCode};
use kayle_primitives::{AttemptId, Entropy, OrganizationId, SessionId, Timestamp};

use crate::redirect_url::RedirectUrl;
use crate::session::{NewSession, Session, SessionState, SessionStatus};
use crate::share_contract::{RequestedField, ShareContract};
use crate::targets::Targets;

/// The window of the contract, in seconds.
pub(crate) const WINDOW_S: u64 = 3_600;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Returns the moment so many seconds after the session was opened.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_ms(1_777_978_800_000).plus(Duration::from_secs(seconds))
}

pub(crate) fn attempt_id() -> AttemptId {
    AttemptId::parse("va_1").unwrap()
}

pub(crate) fn key(name: &str) -> ClaimKey {
    ClaimKey::parse(name).unwrap()
}

pub(crate) fn text(value: &str) -> ClaimValue {
    ClaimValue::Text(value.to_owned().into())
}

pub(crate) fn claims<const N: usize>(claims: [(&str, ClaimValue); N]) -> Claims {
    claims
        .into_iter()
        .map(|(name, value)| (key(name), value))
        .collect()
}

pub(crate) fn field(name: &str, required: bool, reason: &str) -> RequestedField {
    RequestedField {
        key: name.to_owned(),
        required,
        reason: Some(reason.to_owned()),
    }
}

/// Returns a session that asks for a portrait and an optional family name.
pub(crate) fn opened() -> Session {
    let fields = vec![
        field("document_photo", true, "to compare"),
        field("family_name", false, "to greet"),
    ];
    let new = NewSession {
        id: SessionId::parse("vs_1").unwrap(),
        organization_id: OrganizationId::generate(&Zeros),
        share_contract: ShareContract::from_request(fields).unwrap(),
        redirect_url: Some(RedirectUrl::parse("https://shop.example/done").unwrap()),
        targets: Targets::EVERY_ENDPOINT,
        cancel_token_hash: "00".to_owned(),
    };
    Session::open(new, at(0), Duration::from_secs(WINDOW_S))
}

/// Returns claims that fit the share contract of [`opened`].
pub(crate) fn good_claims() -> Claims {
    claims([
        ("document_photo", text("cG9ydHJhaXQ=")),
        ("kayle_document_id", text("document")),
    ])
}

/// Returns a session in a state of that name; one that ended did so at second 7.
pub(crate) fn session_in(status: SessionStatus) -> Session {
    let completed_at = at(7);
    let state = match status {
        SessionStatus::Created => SessionState::Created,
        SessionStatus::InProgress => SessionState::InProgress,
        SessionStatus::Succeeded => SessionState::Succeeded { completed_at },
        SessionStatus::Failed => SessionState::Failed {
            completed_at,
            failure_code: FailureCode::LivenessFailed,
        },
        SessionStatus::Expired => SessionState::Expired { completed_at },
        SessionStatus::Cancelled => SessionState::Cancelled { completed_at },
    };
    Session { state, ..opened() }
}
