//! The privacy withdrawal: the person redeems the session's cancel token (contract 6.7, D4).
//!
//! What happens is decided per endpoint. An endpoint that already received the session's
//! `succeeded` or `failed` event gets nothing more; every other one gets a
//! `verification.session.cancelled` in its place. So each endpoint sees one terminal event.

use kayle_events::{CancelReason, EventData};
use kayle_primitives::Timestamp;

use crate::session::{Session, SessionState};
use crate::step::{Input, Refusal, Step, step};

/// Who had received the session's terminal event when the person withdrew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// No endpoint, or there is none.
    ByNobody,
    /// At least one endpoint, while another one is owed the replacement.
    BySome,
    /// Every endpoint that is to hear of the session.
    ByAll,
}

/// What a withdrawal made of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The session afterwards, marked as withdrawn.
    pub session: Session,
    /// What to do with the payloads that are still stored.
    pub payloads: StoredPayloads,
    /// The replacement, for the endpoints that have not received a terminal event.
    pub event: Option<EventData>,
}

/// What a withdrawal does with the session's payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredPayloads {
    /// Scrub all that are not delivered.
    Scrub,
    /// Leave them: they hold no claims.
    Keep,
}

/// Withdraws a session, once. An overdue session is expired first, by [`Input::WindowPassed`].
///
/// # Errors
/// [`Refusal::PastWindow`] if it is overdue.
pub fn withdraw(
    session: &Session,
    received: Received,
    now: Timestamp,
) -> Result<Withdrawal, Refusal> {
    let withdrawal = match &session.state {
        SessionState::Created | SessionState::InProgress => {
            let Step {
                session,
                mut events,
                ..
            } = step(session.clone(), Input::Cancel, now)?;
            Withdrawal {
                session,
                payloads: StoredPayloads::Scrub,
                event: events.pop(),
            }
        }
        SessionState::Succeeded { completed_at } => replace(
            session,
            *completed_at,
            CancelReason::PrivacyCancelledAfterTerminalSuccess,
            received,
        ),
        SessionState::Failed { completed_at, .. } => replace(
            session,
            *completed_at,
            CancelReason::PrivacyCancelledAfterTerminalFailure,
            received,
        ),
        SessionState::Expired { .. } | SessionState::Cancelled { .. } => Withdrawal {
            session: session.clone().move_to(session.state.clone(), now),
            payloads: StoredPayloads::Keep,
            event: None,
        },
    };
    Ok(mark(withdrawal, now))
}

fn replace(
    session: &Session,
    completed_at: Timestamp,
    reason: CancelReason,
    received: Received,
) -> Withdrawal {
    let event = EventData::SessionCancelled {
        reason,
        nfc_tries_used: session.nfc_tries_used,
        liveness_tries_used: session.liveness_tries_used,
    };
    let (state, event) = match received {
        Received::ByNobody => (SessionState::Cancelled { completed_at }, Some(event)),
        Received::BySome => (session.state.clone(), Some(event)),
        Received::ByAll => (session.state.clone(), None),
    };
    let mut session = session.clone().move_to(state, session.updated_at);
    session.redirect_url = None;
    Withdrawal {
        session,
        payloads: StoredPayloads::Scrub,
        event,
    }
}

fn mark(mut withdrawal: Withdrawal, now: Timestamp) -> Withdrawal {
    withdrawal.session.withdrawn_at = Some(now);
    withdrawal.session.updated_at = now;
    withdrawal
}

#[cfg(test)]
mod tests;
