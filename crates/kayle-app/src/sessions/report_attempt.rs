//! A check has finished (contract 12): the operation that everything else exists for.

use kayle_events::ClaimValue;
use kayle_primitives::{AttemptId, DeliveryId, EventId, SessionId};
use kayle_sessions::share_contract::InvalidClaims;
use kayle_sessions::{
    Attempt, Input, Refusal, ReportedOutcome, Session, SessionStatus, Step, step,
};
use zeroize::Zeroizing;

use crate::Webhooks;
use crate::change::until_settled;
use crate::ports::store::{RecordedAttempt, StoreError};

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
        let content = content_to_fingerprint(&report.outcome);
        let AttemptReport {
            attempt_id,
            outcome,
        } = report;
        until_settled(|| async {
            let reads = self.store.reads();
            let session = reads.find_session_for_intake(session_id).await?;
            let session = session.ok_or(ReportAttemptError::NotFound)?;
            if let Some(id) = &attempt_id
                && let Some(recorded) = reads.find_attempt_for_intake(id).await?
            {
                return self
                    .answer_again(session, recorded, &content)
                    .await
                    .map(Some);
            }
            let now = self.clock.now();
            if session.is_overdue(now) {
                let expired = self.expire_if_overdue(session, now).await?;
                return expired.map_or(Ok(None), |_| Err(ReportAttemptError::Expired));
            }
            let id = attempt_id.clone();
            let input = Input::AttemptReported {
                attempt_id: id.unwrap_or_else(|| AttemptId::generate(now, &*self.entropy)),
                outcome: outcome.clone(),
            };
            match step(session, input, now) {
                Ok(step) => Ok(self.commit_report(step, &content).await?),
                Err(Refusal::Terminal(status)) => Err(ReportAttemptError::Terminal(status)),
                Err(Refusal::Claims(error)) => Err(ReportAttemptError::Claims(error)),
                Err(Refusal::PastWindow | Refusal::InsideWindow) => {
                    unreachable!("the window has not passed, and a report does not say that it has")
                }
            }
        })
        .await
    }

    /// Commits a report; `None` if another change came first.
    async fn commit_report(
        &self,
        step: Step,
        content: &[u8],
    ) -> Result<Option<Reported>, StoreError> {
        let session = step.session.clone();
        let attempt = step.attempt.clone();
        let attempt = attempt.expect("a reported attempt is recorded");
        let fingerprint = self.keys.fingerprint_attempt_report(content);
        let now = attempt.created_at;
        let caused = self.commit_step(step, Some(fingerprint), now).await?;
        Ok(caused.map(|caused| Reported {
            attempt,
            session,
            events: caused.events,
            deliveries: caused.deliveries,
        }))
    }

    async fn answer_again(
        &self,
        session: Session,
        recorded: RecordedAttempt,
        content: &[u8],
    ) -> Result<Reported, ReportAttemptError> {
        let RecordedAttempt {
            attempt,
            fingerprint,
        } = recorded;
        let same = attempt.session_id == session.id
            && self.keys.attempt_report_matches(content, &fingerprint);
        if !same {
            return Err(ReportAttemptError::AttemptIdReused(attempt.id));
        }
        let caused = self.store.reads().caused_by_attempt(&attempt.id).await?;
        Ok(Reported {
            session: session.as_of(attempt.progress.clone()),
            attempt,
            events: caused.events,
            deliveries: caused.deliveries,
        })
    }
}

/// Writes what makes two reports the same, unambiguously: every text is preceded by its length.
fn content_to_fingerprint(outcome: &ReportedOutcome) -> Zeroizing<Vec<u8>> {
    let parts: Vec<&[u8]> = match outcome {
        ReportedOutcome::Failed(code) => vec![b"failed", code.as_str().as_bytes()],
        ReportedOutcome::Succeeded(claims) => claims
            .iter()
            .flat_map(|(key, value)| {
                let (kind, value): (&[u8], &[u8]) = match value {
                    ClaimValue::Text(text) => (b"text", text.as_bytes()),
                    ClaimValue::Boolean(true) => (b"boolean", b"true"),
                    ClaimValue::Boolean(false) => (b"boolean", b"false"),
                    ClaimValue::Null => (b"null", b""),
                };
                [key.as_str().as_bytes(), kind, value]
            })
            .collect(),
    };
    let room = parts.iter().map(|part| part.len() + size_of::<u64>()).sum();
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    for part in parts {
        let length = u64::try_from(part.len()).expect("a length fits 64 bits");
        content.extend_from_slice(&length.to_be_bytes());
        content.extend_from_slice(part);
    }
    content
}
