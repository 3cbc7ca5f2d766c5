//! The closed set of event types (contract 6.1, D1).

use kayle_primitives::UnknownName;
use strum::{EnumIter, EnumString, IntoStaticStr};

/// What kind of thing happened.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    IntoStaticStr,
    EnumString,
    EnumIter,
)]
#[strum(parse_err_ty = UnknownName<EventType>, parse_err_fn = UnknownName::of)]
pub enum EventType {
    /// The session ended with a confirmed identity.
    #[strum(serialize = "verification.session.succeeded")]
    SessionSucceeded,
    /// The session ended because a check failed for good.
    #[strum(serialize = "verification.session.failed")]
    SessionFailed,
    /// The session's window passed.
    #[strum(serialize = "verification.session.expired")]
    SessionExpired,
    /// The session was cancelled, or its payload withdrawn.
    #[strum(serialize = "verification.session.cancelled")]
    SessionCancelled,
    /// An attempt succeeded (older generation).
    #[strum(serialize = "verification.attempt.succeeded")]
    AttemptSucceeded,
    /// An attempt failed (older generation).
    #[strum(serialize = "verification.attempt.failed")]
    AttemptFailed,
}

/// What an event's `trigger_id` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
pub enum TriggerType {
    /// A session.
    #[strum(serialize = "verification_session")]
    Session,
    /// An attempt.
    #[strum(serialize = "verification_attempt")]
    Attempt,
    /// Nothing: somebody tries an endpoint.
    #[strum(serialize = "test")]
    Test,
}

impl TriggerType {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl EventType {
    /// What an endpoint subscribes to when it names nothing, in this order.
    pub const DEFAULT_SUBSCRIPTION: [Self; 4] = [
        Self::SessionSucceeded,
        Self::SessionFailed,
        Self::SessionExpired,
        Self::SessionCancelled,
    ];

    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns whether an endpoint that received such an event knows how the session's check ended.
    /// Only then is nothing more owed to it after a withdrawal (contract D4); attempt events do not
    /// count (D1).
    pub fn tells_the_result(self) -> bool {
        match self {
            Self::SessionSucceeded | Self::SessionFailed => true,
            Self::SessionExpired
            | Self::SessionCancelled
            | Self::AttemptSucceeded
            | Self::AttemptFailed => false,
        }
    }

    /// Returns whether such an event is delivered although its session was withdrawn or cancelled
    /// (contract 6.7): it is what the endpoint is told instead.
    pub fn outlives_withdrawal(self) -> bool {
        match self {
            Self::SessionCancelled => true,
            Self::SessionSucceeded
            | Self::SessionFailed
            | Self::SessionExpired
            | Self::AttemptSucceeded
            | Self::AttemptFailed => false,
        }
    }

    /// Returns what the `trigger_id` of such an event names, unless it is a test.
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

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_type_is_read_back_from_its_name() {
        for event_type in EventType::iter() {
            assert_eq!(EventType::from_str(event_type.as_str()), Ok(event_type));
        }
    }

    #[test]
    fn a_name_is_matched_exactly() {
        assert!(EventType::from_str("Verification.session.succeeded").is_err());
        assert!(EventType::from_str("verification.session.succeeded ").is_err());
        assert!(EventType::from_str("").is_err());
    }
}
