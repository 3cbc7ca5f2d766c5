//! The attempt: one finished try of a check inside a session.

use kayle_events::FailureCode;
use kayle_primitives::{AttemptId, SessionId, Timestamp};

use crate::session::Progress;

/// One finished try of a check. Holds no claims: those live for the length of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id, the idempotency key of the report.
    pub id: AttemptId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// How far the session had come with it: a repeated report is answered from this.
    pub progress: Progress,
    /// When it was reported.
    pub created_at: Timestamp,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Confirmed.
    Succeeded,
    /// Not confirmed.
    Failed(FailureCode),
}

impl AttemptOutcome {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
        }
    }

    /// Returns why the attempt failed; `None` if it did not.
    pub fn failure_code(self) -> Option<FailureCode> {
        match self {
            Self::Succeeded => None,
            Self::Failed(failure_code) => Some(failure_code),
        }
    }
}
