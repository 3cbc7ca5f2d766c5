//! One step of a session's life (contract 6, 12): a pure function.

use kayle_events::{Budget, CancelReason, ClaimKey, Claims, EventData, FailureCode};
use kayle_primitives::{AttemptId, Timestamp};

use crate::attempt::{Attempt, AttemptOutcome};
use crate::session::{Session, SessionState, SessionStatus, TRIES_MAX};
use crate::share_contract::InvalidClaims;

/// What moves a session.
#[derive(Debug, Clone)]
pub enum Input {
    /// The person has come.
    Begin,
    /// A check has finished.
    AttemptReported {
        /// The attempt's id.
        attempt_id: AttemptId,
        /// How the check ended.
        outcome: ReportedOutcome,
    },
    /// Somebody looked at the session after its window.
    WindowPassed,
    /// The customer, or the person before any result, gave up.
    Cancel,
}

/// How a reported attempt ended, claims included.
#[derive(Debug, Clone)]
pub enum ReportedOutcome {
    /// Confirmed, with what the person agreed to share.
    Succeeded(Claims),
    /// Not confirmed.
    Failed(FailureCode),
}

/// What an input made of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The session afterwards.
    pub session: Session,
    /// The attempt that was recorded.
    pub attempt: Option<Attempt>,
    /// What the customer is told, in this order.
    pub events: Vec<EventData>,
}

/// The session does not take the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has ended.
    #[error("the session is already {0}")]
    Terminal(SessionStatus),
    /// Its window has passed; [`Input::WindowPassed`] is due first.
    #[error("the session's window has passed")]
    PastWindow,
    /// Its window has not passed.
    #[error("the session's window has not passed")]
    InsideWindow,
    /// The claims do not fit its share contract.
    #[error(transparent)]
    Claims(#[from] InvalidClaims),
}

/// Moves `session` by one input, or says why not.
///
/// A repeated `Begin` returns the session unchanged.
pub fn step(session: Session, input: Input, now: Timestamp) -> Result<Step, Refusal> {
    if !session.state.is_active() {
        return Err(Refusal::Terminal(session.state.status()));
    }
    match (input, session.is_overdue(now)) {
        (Input::WindowPassed, true) => Ok(expire(session, now)),
        (Input::WindowPassed, false) => Err(Refusal::InsideWindow),
        (Input::Begin | Input::AttemptReported { .. } | Input::Cancel, true) => {
            Err(Refusal::PastWindow)
        }
        (Input::Begin, false) => Ok(begin(session, now)),
        (Input::Cancel, false) => Ok(cancel(session, now)),
        (
            Input::AttemptReported {
                attempt_id,
                outcome,
            },
            false,
        ) => match outcome {
            ReportedOutcome::Succeeded(claims) => succeed(session, attempt_id, claims, now),
            ReportedOutcome::Failed(failure_code) => {
                Ok(fail(session, attempt_id, failure_code, now))
            }
        },
    }
}

fn begin(session: Session, now: Timestamp) -> Step {
    let session = match session.state.status() {
        SessionStatus::Created => session.move_to(SessionState::InProgress, now),
        SessionStatus::InProgress
        | SessionStatus::Succeeded
        | SessionStatus::Failed
        | SessionStatus::Expired
        | SessionStatus::Cancelled => session,
    };
    Step {
        session,
        attempt: None,
        events: Vec::new(),
    }
}

fn expire(session: Session, now: Timestamp) -> Step {
    let session = session.move_to(SessionState::Expired { completed_at: now }, now);
    Step {
        session,
        attempt: None,
        events: vec![EventData::SessionExpired],
    }
}

fn cancel(session: Session, now: Timestamp) -> Step {
    let untried = session.nfc_tries_used == 0 && session.liveness_tries_used == 0;
    let reason = if untried {
        CancelReason::Cancelled
    } else {
        CancelReason::CancelledAfterFailedCheck
    };
    let event = EventData::SessionCancelled {
        reason,
        nfc_tries_used: session.nfc_tries_used,
        liveness_tries_used: session.liveness_tries_used,
    };
    let session = session.move_to(SessionState::Cancelled { completed_at: now }, now);
    Step {
        session,
        attempt: None,
        events: vec![event],
    }
}

fn succeed(
    session: Session,
    attempt_id: AttemptId,
    claims: Claims,
    now: Timestamp,
) -> Result<Step, Refusal> {
    session.share_contract.check(&claims)?;
    let mut told = claims.clone();
    // The portrait is part of the older generation's attempt event only (contract 6.3).
    told.remove(&ClaimKey::DOCUMENT_PHOTO);
    let session = session.move_to(SessionState::Succeeded { completed_at: now }, now);
    Ok(Step {
        attempt: Some(record(&session, attempt_id, AttemptOutcome::Succeeded, now)),
        session,
        events: vec![
            EventData::AttemptSucceeded { claims },
            EventData::SessionSucceeded { claims: told },
        ],
    })
}

fn fail(session: Session, attempt_id: AttemptId, code: FailureCode, now: Timestamp) -> Step {
    let mut session = session.move_to(SessionState::InProgress, now);
    let over = match code.budget() {
        Budget::Nfc => spend(&mut session.nfc_tries_used),
        Budget::Liveness => spend(&mut session.liveness_tries_used),
        Budget::HardKill => true,
        Budget::FreeRescan => false,
    };
    let mut events = vec![EventData::AttemptFailed { failure_code: code }];
    if over {
        session.state = SessionState::Failed {
            completed_at: now,
            failure_code: code,
        };
        events.push(EventData::SessionFailed {
            failure_code: code,
            nfc_tries_used: session.nfc_tries_used,
            liveness_tries_used: session.liveness_tries_used,
        });
    }
    let attempt = record(&session, attempt_id, AttemptOutcome::Failed(code), now);
    Step {
        session,
        attempt: Some(attempt),
        events,
    }
}

/// Spends one try; tells whether it was the last.
fn spend(tries_used: &mut u8) -> bool {
    *tries_used = (*tries_used + 1).min(TRIES_MAX);
    *tries_used == TRIES_MAX
}

fn record(session: &Session, id: AttemptId, outcome: AttemptOutcome, now: Timestamp) -> Attempt {
    Attempt {
        id,
        session_id: session.id.clone(),
        outcome,
        progress: session.progress(),
        created_at: now,
    }
}

#[cfg(test)]
mod tests;
