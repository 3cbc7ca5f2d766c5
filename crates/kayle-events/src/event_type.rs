//! The closed set of event types (contract 6.1, D1).

use std::fmt;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// The session ended with a confirmed identity.
    SessionSucceeded,
    /// The session ended because a check failed for good.
    SessionFailed,
    /// The session's window passed.
    SessionExpired,
    /// The session was cancelled, or its payload withdrawn.
    SessionCancelled,
    /// An attempt succeeded (older generation).
    AttemptSucceeded,
    /// An attempt failed (older generation).
    AttemptFailed,
}

/// What an event's `trigger_id` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerType {
    /// A session.
    Session,
    /// An attempt.
    Attempt,
}

impl TriggerType {
    /// Gives the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "verification_session",
            Self::Attempt => "verification_attempt",
        }
    }
}

/// The text names no event type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event type")]
pub struct UnknownEventType;

impl EventType {
    /// Every type: the four of the default subscription first.
    pub const ALL: [Self; 6] = [
        Self::SessionSucceeded,
        Self::SessionFailed,
        Self::SessionExpired,
        Self::SessionCancelled,
        Self::AttemptSucceeded,
        Self::AttemptFailed,
    ];

    /// What an endpoint subscribes to when it names nothing, in this order.
    pub const DEFAULT_SUBSCRIPTION: [Self; 4] = [
        Self::SessionSucceeded,
        Self::SessionFailed,
        Self::SessionExpired,
        Self::SessionCancelled,
    ];

    /// Gives the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionSucceeded => "verification.session.succeeded",
            Self::SessionFailed => "verification.session.failed",
            Self::SessionExpired => "verification.session.expired",
            Self::SessionCancelled => "verification.session.cancelled",
            Self::AttemptSucceeded => "verification.attempt.succeeded",
            Self::AttemptFailed => "verification.attempt.failed",
        }
    }

    /// Parses the name on the wire, exactly.
    pub fn parse(text: &str) -> Result<Self, UnknownEventType> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownEventType)
    }

    /// Tells what the `trigger_id` of such an event names.
    pub fn trigger_type(self) -> TriggerType {
        match self {
            Self::SessionSucceeded
            | Self::SessionFailed
            | Self::SessionExpired
            | Self::SessionCancelled => TriggerType::Session,
            Self::AttemptSucceeded | Self::AttemptFailed => TriggerType::Attempt,
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_back_from_its_name() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::parse(event_type.as_str()), Ok(event_type));
        }
    }

    #[test]
    fn a_name_is_matched_exactly() {
        assert!(EventType::parse("Verification.session.succeeded").is_err());
        assert!(EventType::parse("verification.session.succeeded ").is_err());
        assert!(EventType::parse("").is_err());
    }
}
