//! The payload's plaintext: canonical JSON, made once per event and encrypted at once
//! (contract 6.2 to 6.6).
//!
//! Canonical means: no blanks, members in the order of the contract (`type`, `metadata`, `data`;
//! inside them by name), UTF-8. No time, organization or delivery is inside.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use strum::{EnumIter, IntoStaticStr};
use zeroize::Zeroizing;

use crate::claims::{ClaimKey, ClaimValue, Claims};
use crate::event::{Challenge, Event, Trigger};
use crate::event_type::EventType;
use crate::failure_code::FailureCode;

/// The version of every share contract so far.
pub const CONTRACT_VERSION: u32 = 1;

/// What the customer is told, by event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventData {
    /// The claims that the person shared with the customer.
    SessionSucceeded {
        /// By key, without the portrait.
        claims: Claims,
    },
    /// Which check failed, and how many tries were used.
    SessionFailed {
        /// The last failure.
        failure_code: FailureCode,
        /// 0 to 3.
        nfc_tries_used: u8,
        /// 0 to 3.
        liveness_tries_used: u8,
    },
    /// Nothing but the fact.
    SessionExpired,
    /// Why there will be no result, and how many tries were used.
    SessionCancelled {
        /// Why.
        reason: CancelReason,
        /// 0 to 3.
        nfc_tries_used: u8,
        /// 0 to 3.
        liveness_tries_used: u8,
    },
    /// The claims of one attempt (older generation).
    AttemptSucceeded {
        /// By key.
        claims: Claims,
    },
    /// Why one attempt failed (older generation).
    AttemptFailed {
        /// The failure.
        failure_code: FailureCode,
    },
}

/// Why a session was cancelled (contract 6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum CancelReason {
    /// An active session without a failed check.
    Cancelled,
    /// An active session with at least one failed check.
    CancelledAfterFailedCheck,
    /// The person withdrew after the session had failed and before it was told.
    PrivacyCancelledAfterTerminalFailure,
    /// The person withdrew after the session had succeeded and before it was told.
    PrivacyCancelledAfterTerminalSuccess,
}

impl CancelReason {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The JSON of one event before encryption. Wiped when dropped; `Debug` shows nothing of it.
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    /// Returns the bytes to the cipher.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<plaintext>")
    }
}

impl EventData {
    /// Tells which event type says this.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::SessionSucceeded { .. } => EventType::SessionSucceeded,
            Self::SessionFailed { .. } => EventType::SessionFailed,
            Self::SessionExpired => EventType::SessionExpired,
            Self::SessionCancelled { .. } => EventType::SessionCancelled,
            Self::AttemptSucceeded { .. } => EventType::AttemptSucceeded,
            Self::AttemptFailed { .. } => EventType::AttemptFailed,
        }
    }

    /// Writes the payload of `event`, whose data this is.
    pub fn to_plaintext(&self, event: &Event) -> Plaintext {
        debug_assert_eq!(event.event_type, self.event_type());
        let trigger = event.trigger();
        let envelope = Envelope {
            event_type: event.event_type.as_str(),
            metadata: Metadata {
                challenge: event.challenge.as_ref().map(Challenge::expose),
                contract_version: CONTRACT_VERSION,
                event_id: event.id.as_str(),
                test: event.is_test().then_some(true),
                verification_attempt_id: match &trigger {
                    Trigger::Attempt(attempt_id) => Some(attempt_id.as_str()),
                    Trigger::Session(_) => None,
                },
                verification_session_id: event.session_id.as_str(),
            },
            data: self.to_json(),
        };
        // Sized up front: a buffer that grows leaves copies of claims behind in freed memory.
        let mut json = Zeroizing::new(Vec::with_capacity(
            ENVELOPE_BYTES_MAX + self.claims_bytes_max(),
        ));
        serde_json::to_writer(&mut *json, &envelope).expect("strings, numbers and maps are JSON");
        Plaintext(json)
    }

    fn to_json(&self) -> DataJson<'_> {
        match self {
            Self::SessionSucceeded { claims } | Self::AttemptSucceeded { claims } => {
                DataJson::Succeeded {
                    claims: claims
                        .iter()
                        .map(|(key, value)| (key.as_str(), ClaimJson::from(value)))
                        .collect(),
                    selected_field_keys: claims.keys().map(ClaimKey::as_str).collect(),
                }
            }
            Self::SessionFailed {
                failure_code,
                nfc_tries_used,
                liveness_tries_used,
            } => DataJson::Failed {
                failure_code: failure_code.as_str(),
                liveness_tries_used: Some(*liveness_tries_used),
                nfc_tries_used: Some(*nfc_tries_used),
            },
            Self::SessionExpired => DataJson::Empty {},
            Self::SessionCancelled {
                reason,
                nfc_tries_used,
                liveness_tries_used,
            } => DataJson::Cancelled {
                liveness_tries_used: *liveness_tries_used,
                nfc_tries_used: *nfc_tries_used,
                outcome: "not_verified",
                reason: reason.as_str(),
            },
            Self::AttemptFailed { failure_code } => DataJson::Failed {
                failure_code: failure_code.as_str(),
                liveness_tries_used: None,
                nfc_tries_used: None,
            },
        }
    }

    fn claims_bytes_max(&self) -> usize {
        match self {
            Self::SessionSucceeded { claims } | Self::AttemptSucceeded { claims } => claims
                .iter()
                .map(|(key, value)| {
                    2 * key.as_str().len() + value.json_bytes_max() + CLAIM_PUNCTUATION
                })
                .sum(),
            Self::SessionFailed { .. }
            | Self::SessionExpired
            | Self::SessionCancelled { .. }
            | Self::AttemptFailed { .. } => 0,
        }
    }
}

/// Room for everything but the claims: three ids and a challenge of at most 128 characters, and
/// fixed names.
const ENVELOPE_BYTES_MAX: usize = 1024;
/// Quotes, colons and commas around a key, its value and its entry in the selected keys.
const CLAIM_PUNCTUATION: usize = 16;

impl ClaimValue {
    /// The most bytes that the value can take as JSON: a control character becomes six.
    fn json_bytes_max(&self) -> usize {
        match self {
            Self::Text(text) => 6 * text.len(),
            Self::Boolean(_) | Self::Null => 5,
        }
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event_type: &'static str,
    metadata: Metadata<'a>,
    data: DataJson<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'a str>,
    contract_version: u32,
    event_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_attempt_id: Option<&'a str>,
    verification_session_id: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DataJson<'a> {
    Succeeded {
        claims: BTreeMap<&'a str, ClaimJson<'a>>,
        selected_field_keys: Vec<&'a str>,
    },
    Failed {
        failure_code: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        liveness_tries_used: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        nfc_tries_used: Option<u8>,
    },
    Empty {},
    Cancelled {
        liveness_tries_used: u8,
        nfc_tries_used: u8,
        outcome: &'static str,
        reason: &'static str,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum ClaimJson<'a> {
    Text(&'a str),
    Boolean(bool),
    Null,
}

impl<'a> From<&'a ClaimValue> for ClaimJson<'a> {
    fn from(value: &'a ClaimValue) -> Self {
        match value {
            ClaimValue::Text(text) => Self::Text(text),
            ClaimValue::Boolean(value) => Self::Boolean(*value),
            ClaimValue::Null => Self::Null,
        }
    }
}

#[cfg(test)]
mod tests;
