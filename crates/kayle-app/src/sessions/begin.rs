//! The person has come (contract 12).

use kayle_primitives::SessionId;
use kayle_sessions::{Input, Refusal, Session, SessionStatus, step};

use crate::Webhooks;
use crate::change::until_settled;
use crate::ports::store::StoreError;

/// The session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginSessionError {
    /// There is no such session.
    #[error("the session does not exist")]
    NotFound,
    /// It has ended.
    #[error("the session is already {0}")]
    Terminal(SessionStatus),
    /// Its window has passed; it is expired.
    #[error("the session's window has passed")]
    Expired,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Marks a session as in progress; repeating changes nothing.
    pub async fn begin_session(&self, id: &SessionId) -> Result<Session, BeginSessionError> {
        until_settled(|| async {
            let session = self.store.reads().find_session_for_intake(id).await?;
            let session = session.ok_or(BeginSessionError::NotFound)?;
            let now = self.clock.now();
            if session.is_overdue(now) {
                let expired = self.expire_if_overdue(session, now).await?;
                return expired.map_or(Ok(None), |_| Err(BeginSessionError::Expired));
            }
            let revision = session.revision;
            match step(session, Input::Begin, now) {
                Ok(step) if step.session.revision == revision => Ok(Some(step.session)),
                Ok(step) => {
                    let begun = step.session.clone();
                    let committed = self.commit_step(step, None, now).await?;
                    Ok(committed.map(|_| begun))
                }
                Err(Refusal::Terminal(status)) => Err(BeginSessionError::Terminal(status)),
                Err(Refusal::PastWindow | Refusal::InsideWindow | Refusal::Claims(_)) => {
                    unreachable!("the window has not passed, and a begin carries no claims")
                }
            }
        })
        .await
    }
}
