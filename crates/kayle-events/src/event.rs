//! The event: an immutable fact without personal data (contract 2.7, 6.1).

use std::fmt;

use kayle_primitives::{AttemptId, EventId, OrganizationId, SessionId, Timestamp};

use crate::event_type::{EventType, TriggerType};

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id; the same in every payload, over retries and replays.
    pub id: EventId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// The session it happened to.
    pub session_id: SessionId,
    /// The attempt whose report caused it; `None` for expiry and cancellation.
    pub attempt_id: Option<AttemptId>,
    /// When it happened.
    pub created_at: Timestamp,
    /// What a receiver proves by that it decrypts; only tests have one (contract 14.1).
    pub challenge: Option<Challenge>,
}

/// Random text inside of a test that only those can read who decrypt it. `Debug` shows nothing of
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Takes the text that was drawn, or was stored.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<challenge>")
    }
}

/// What the customer is told as the event's trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The session ended.
    Session(SessionId),
    /// An attempt ended.
    Attempt(AttemptId),
}

impl Event {
    /// Returns whether nothing happened: it tries an endpoint.
    pub fn is_test(&self) -> bool {
        self.challenge.is_some()
    }

    /// Tells what kind of thing caused it.
    pub fn trigger_type(&self) -> TriggerType {
        if self.is_test() {
            return TriggerType::Test;
        }
        self.event_type.trigger_type()
    }

    /// Returns the id that `trigger_id` shows: the attempt's for the two attempt events, else the
    /// session's.
    pub fn trigger(&self) -> Trigger {
        match (self.event_type, &self.attempt_id) {
            (EventType::AttemptSucceeded | EventType::AttemptFailed, Some(attempt_id)) => {
                Trigger::Attempt(attempt_id.clone())
            }
            (
                EventType::SessionSucceeded
                | EventType::SessionFailed
                | EventType::SessionExpired
                | EventType::SessionCancelled
                | EventType::AttemptSucceeded
                | EventType::AttemptFailed,
                _,
            ) => Trigger::Session(self.session_id.clone()),
        }
    }
}
