//! A check has finished (contract 12): the operation that everything else exists for.

use kayle_primitives::{AttemptId, DeliveryId, EventId, SessionId};
use kayle_sessions::share_contract::InvalidClaims;
use kayle_sessions::{Attempt, ReportedOutcome, Session, SessionStatus};

use super::intake::{News, Report, Request};
use crate::Webhooks;
use crate::ports::store::StoreError;

/// One finished check, as a Kayle service reports it.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    /// The idempotency key; made here if the service gave none.
    pub attempt_id: Option<AttemptId>,
    /// How the check ended.
    pub outcome: ReportedOutcome,
}

/// What a report caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The recorded attempt.
    pub attempt: Attempt,
    /// The session after it.
    pub session: Session,
    /// The events, in the order they happened.
    pub events: Vec<EventId>,
    /// Their deliveries.
    pub deliveries: Vec<DeliveryId>,
    /// Whether all this had been caused before, by the same report.
    pub is_repeated: bool,
}

/// The report was not accepted; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ReportAttemptError {
    /// There is no such session.
    #[error("the session does not exist")]
    NotFound,
    /// The session has ended.
    #[error("the session is already {0}")]
    Terminal(SessionStatus),
    /// The session's window has passed; it is expired.
    #[error("the session's window has passed")]
    Expired,
    /// The attempt id was used for another report.
    #[error("attempt_id {0} was reported before with another body or session")]
    AttemptIdReused(AttemptId),
    /// The claims do not fit the session's share contract.
    #[error(transparent)]
    Claims(InvalidClaims),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Records a finished check and commits all it causes before it answers. A repeated report is
    /// answered as the first time and causes nothing.
    pub async fn report_attempt(
        &self,
        session_id: &SessionId,
        report: AttemptReport,
    ) -> Result<Reported, ReportAttemptError> {
        let AttemptReport {
            attempt_id,
            outcome,
        } = report;
        let id_was_given = attempt_id.is_some();
        let new_id = || AttemptId::generate(self.clock.now(), &*self.entropy);
        let report = Report {
            attempt_id: attempt_id.unwrap_or_else(new_id),
            id_was_given,
            outcome,
        };
        let taken = self.take_in(Request {
            session_id: session_id.clone(),
            news: News::Reported(report),
        });
        let taken = taken.await?;
        Ok(Reported {
            attempt: taken.attempt.expect("a reported attempt is recorded"),
            session: taken.session,
            events: taken.caused.events,
            deliveries: taken.caused.deliveries,
            is_repeated: taken.is_repeated,
        })
    }
}
