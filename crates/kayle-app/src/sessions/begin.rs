//! The person has come (contract 12).

use kayle_primitives::SessionId;
use kayle_sessions::{Session, SessionStatus};

use super::intake::{News, Request};
use super::report_attempt::ReportAttemptError;
use crate::Webhooks;
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

impl From<ReportAttemptError> for BeginSessionError {
    fn from(error: ReportAttemptError) -> Self {
        match error {
            ReportAttemptError::NotFound => Self::NotFound,
            ReportAttemptError::Terminal(status) => Self::Terminal(status),
            ReportAttemptError::Expired => Self::Expired,
            ReportAttemptError::Store(error) => Self::Store(error),
            ReportAttemptError::AttemptIdReused(_) | ReportAttemptError::Claims(_) => {
                unreachable!("a begin has no attempt and carries no claims")
            }
        }
    }
}

impl Webhooks {
    /// Marks a session as in progress; repeating changes nothing.
    pub async fn begin_session(&self, id: &SessionId) -> Result<Session, BeginSessionError> {
        let begun = self.take_in(Request {
            session_id: id.clone(),
            news: News::Begun,
        });
        Ok(begun.await?.session)
    }
}
