//! The event: an immutable fact without personal data (contract 2.7, 6.1).

use kayle_primitives::{AttemptId, EventId, OrganizationId, SessionId, Timestamp};

use crate::event_type::EventType;

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
