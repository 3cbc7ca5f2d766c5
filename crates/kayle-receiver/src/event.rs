//! What a delivery says, typed.
//!
//! Members and enum values that this version does not know are passed over, and so are whole
//! types: a receiver goes on working when the service learns something.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::claims::Claims;
use crate::error::UnwrapError;
use crate::json::{self, take_integer, take_object, take_text, take_texts};

/// One event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// `verification.session.succeeded`
    SessionSucceeded(SessionSucceeded),
    /// `verification.session.failed`
    SessionFailed(SessionFailed),
    /// `verification.session.expired`
    SessionExpired(SessionExpired),
    /// `verification.session.cancelled`
    SessionCancelled(SessionCancelled),
    /// `verification.attempt.succeeded` (older generation)
    AttemptSucceeded(AttemptSucceeded),
    /// `verification.attempt.failed` (older generation)
    AttemptFailed(AttemptFailed),
    /// A test delivery, which is about nobody.
    Test(TestEvent),
    /// A type that this version does not know. Answer it as if it were handled.
    Unknown(UnknownEvent),
}

/// What every event tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The same in every attempt, retry and replay: tell repeats by it.
    pub event_id: String,
    /// The session.
    pub verification_session_id: String,
    /// The attempt, in the two attempt types.
    pub verification_attempt_id: Option<String>,
    /// The version of the session's share contract.
    pub contract_version: i64,
}

/// The person shared these claims.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSucceeded {
    /// What every event tells.
    pub metadata: Metadata,
    /// By key.
    pub claims: Claims,
    /// The claims that the person agreed to share, sorted.
    pub selected_field_keys: Vec<String>,
}

/// A check failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFailed {
    /// What every event tells.
    pub metadata: Metadata,
    /// What failed. New codes may appear.
    pub failure_code: String,
    /// Failed reads of the chip.
    pub nfc_tries_used: i64,
    /// Failed liveness checks.
    pub liveness_tries_used: i64,
}

/// The session's time was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionExpired {
    /// What every event tells.
    pub metadata: Metadata,
}

/// The session was cancelled, or its result withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCancelled {
    /// What every event tells.
    pub metadata: Metadata,
    /// `not_verified`
    pub outcome: String,
    /// Why. New reasons may appear.
    pub reason: String,
    /// Failed reads of the chip.
    pub nfc_tries_used: i64,
    /// Failed liveness checks.
    pub liveness_tries_used: i64,
}

/// One attempt succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptSucceeded {
    /// What every event tells.
    pub metadata: Metadata,
    /// By key; with the portrait, if it was asked for.
    pub claims: Claims,
    /// The claims that the person agreed to share, sorted.
    pub selected_field_keys: Vec<String>,
}

/// One attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFailed {
    /// What every event tells.
    pub metadata: Metadata,
    /// What failed. New codes may appear.
    pub failure_code: String,
}

/// A test delivery. Its session does not exist. `Debug` shows no challenge: who knows it can prove
/// what only the receiver should.
#[derive(Clone, PartialEq)]
pub struct TestEvent {
    /// The same in every attempt.
    pub event_id: String,
    challenge: String,
    /// The documented sample of the type that was asked for.
    pub sample: Box<Event>,
}

impl TestEvent {
    /// Returns the value of the header `X-Kayle-Proof`: answered with, it shows that this receiver
    /// decrypts.
    pub fn proof(&self) -> String {
        let message = format!("kayle-proof.{}.{}", self.event_id, self.challenge);
        hex::encode(digest(&SHA256, message.as_bytes()))
    }
}

impl fmt::Debug for TestEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestEvent")
            .field("event_id", &self.event_id)
            .field("sample", &self.sample)
            .finish_non_exhaustive()
    }
}

/// An event of a type that this version does not know. `Debug` shows its name only.
#[derive(Clone, PartialEq)]
pub struct UnknownEvent {
    /// Its `type`.
    pub name: String,
    /// Tell repeats by it.
    pub event_id: String,
    /// The session.
    pub verification_session_id: String,
    json: Value,
}

impl UnknownEvent {
    /// Returns the whole event.
    pub fn expose(&self) -> &Value {
        &self.json
    }
}

impl fmt::Debug for UnknownEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UnknownEvent")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Returns the name on the wire; of a test, `test`, so that nobody takes it for what it shows a
    /// sample of.
    pub fn event_type(&self) -> &str {
        match self {
            Self::Test(_) => "test",
            Self::SessionSucceeded(_)
            | Self::SessionFailed(_)
            | Self::SessionExpired(_)
            | Self::SessionCancelled(_)
            | Self::AttemptSucceeded(_)
            | Self::AttemptFailed(_)
            | Self::Unknown(_) => self.type_on_the_wire(),
        }
    }

    /// Returns the name that `X-Kayle-Event` has; of a test, that of its sample.
    pub(crate) fn type_on_the_wire(&self) -> &str {
        match self {
            Self::SessionSucceeded(_) => "verification.session.succeeded",
            Self::SessionFailed(_) => "verification.session.failed",
            Self::SessionExpired(_) => "verification.session.expired",
            Self::SessionCancelled(_) => "verification.session.cancelled",
            Self::AttemptSucceeded(_) => "verification.attempt.succeeded",
            Self::AttemptFailed(_) => "verification.attempt.failed",
            Self::Test(test) => test.sample.type_on_the_wire(),
            Self::Unknown(unknown) => &unknown.name,
        }
    }

    /// Returns the id that tells repeats.
    pub fn event_id(&self) -> &str {
        match self {
            Self::SessionSucceeded(event) => &event.metadata.event_id,
            Self::SessionFailed(event) => &event.metadata.event_id,
            Self::SessionExpired(event) => &event.metadata.event_id,
            Self::SessionCancelled(event) => &event.metadata.event_id,
            Self::AttemptSucceeded(event) => &event.metadata.event_id,
            Self::AttemptFailed(event) => &event.metadata.event_id,
            Self::Test(test) => &test.event_id,
            Self::Unknown(unknown) => &unknown.event_id,
        }
    }

    /// Returns whether the session has ended with this event. A test ends nothing.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::SessionSucceeded(_)
            | Self::SessionFailed(_)
            | Self::SessionExpired(_)
            | Self::SessionCancelled(_) => true,
            Self::AttemptSucceeded(_)
            | Self::AttemptFailed(_)
            | Self::Test(_)
            | Self::Unknown(_) => false,
        }
    }

    /// Parses what was decrypted.
    ///
    /// # Errors
    /// It is not an event.
    pub fn parse(plaintext: &[u8]) -> Result<Self, UnwrapError> {
        Self::read(plaintext).ok_or(UnwrapError::EventInvalid)
    }

    fn read(plaintext: &[u8]) -> Option<Self> {
        let json = json::parse(plaintext)?;
        let root = json.as_object()?;
        let name = root.get("type")?.as_str()?.to_owned();
        let metadata = root.get("metadata")?.as_object()?.clone();
        let event_id = metadata.get("event_id")?.as_str()?.to_owned();
        let session_id = metadata
            .get("verification_session_id")?
            .as_str()?
            .to_owned();
        let marked = test_mark(&metadata)?;
        if marked != is_nobodys(&session_id) {
            return None;
        }
        let event = if KNOWN.contains(&name.as_str()) {
            known(&name, metadata.clone(), json)?
        } else {
            Self::Unknown(UnknownEvent {
                name,
                event_id: event_id.clone(),
                verification_session_id: session_id,
                json,
            })
        };
        if !marked {
            return Some(event);
        }
        Some(Self::Test(TestEvent {
            event_id,
            challenge: metadata.get("challenge")?.as_str()?.to_owned(),
            sample: Box::new(event),
        }))
    }
}

/// Returns whether an event supersedes one of the same session that was handled before it: a
/// cancellation does, since the person withdrew what an earlier event told.
pub fn outranks(event: &Event, earlier_type: &str) -> bool {
    matches!(event, Event::SessionCancelled(_)) && earlier_type != "verification.session.cancelled"
}

const KNOWN: [&str; 6] = [
    "verification.session.succeeded",
    "verification.session.failed",
    "verification.session.expired",
    "verification.session.cancelled",
    "verification.attempt.succeeded",
    "verification.attempt.failed",
];

/// Returns whether the event says that it is a test; `None` if it says so in no known way.
fn test_mark(metadata: &Map<String, Value>) -> Option<bool> {
    metadata.get("test").map_or(Some(false), Value::as_bool)
}

/// Returns whether the session is the one of tests, which does not exist.
fn is_nobodys(session_id: &str) -> bool {
    let zeros = session_id.strip_prefix("vs_").unwrap_or_default();
    zeros.len() == 64 && zeros.bytes().all(|byte| byte == b'0')
}

fn known(name: &str, mut metadata: Map<String, Value>, json: Value) -> Option<Event> {
    let Value::Object(mut root) = json else {
        return None;
    };
    let is_attempt = name.starts_with("verification.attempt.");
    let attempt_id = take_text(&mut metadata, "verification_attempt_id");
    if is_attempt && attempt_id.is_none() {
        return None;
    }
    let metadata = Metadata {
        event_id: take_text(&mut metadata, "event_id")?,
        verification_session_id: take_text(&mut metadata, "verification_session_id")?,
        verification_attempt_id: attempt_id.filter(|_| is_attempt),
        contract_version: take_integer(&mut metadata, "contract_version")?,
    };
    let mut data = take_object(&mut root, "data")?;
    data_of(name, metadata, &mut data)
}

fn data_of(name: &str, metadata: Metadata, data: &mut Map<String, Value>) -> Option<Event> {
    Some(match name {
        "verification.session.succeeded" => Event::SessionSucceeded(SessionSucceeded {
            metadata,
            claims: Claims::read(take_object(data, "claims")?)?,
            selected_field_keys: take_texts(data, "selected_field_keys")?,
        }),
        "verification.session.failed" => Event::SessionFailed(SessionFailed {
            metadata,
            failure_code: take_text(data, "failure_code")?,
            nfc_tries_used: take_integer(data, "nfc_tries_used")?,
            liveness_tries_used: take_integer(data, "liveness_tries_used")?,
        }),
        "verification.session.expired" => Event::SessionExpired(SessionExpired { metadata }),
        "verification.session.cancelled" => Event::SessionCancelled(SessionCancelled {
            metadata,
            outcome: take_text(data, "outcome")?,
            reason: take_text(data, "reason")?,
            nfc_tries_used: take_integer(data, "nfc_tries_used")?,
            liveness_tries_used: take_integer(data, "liveness_tries_used")?,
        }),
        "verification.attempt.succeeded" => Event::AttemptSucceeded(AttemptSucceeded {
            metadata,
            claims: Claims::read(take_object(data, "claims")?)?,
            selected_field_keys: take_texts(data, "selected_field_keys")?,
        }),
        "verification.attempt.failed" => Event::AttemptFailed(AttemptFailed {
            metadata,
            failure_code: take_text(data, "failure_code")?,
        }),
        _ => return None,
    })
}
