//! Expires sessions whose window has passed: by the sweep, and when anybody touches one
//! (contract 6.5).

use kayle_primitives::Timestamp;
use kayle_sessions::{Input, Session, step};

use super::commit::SessionChange;
use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::store::StoreError;

impl Webhooks {
    /// Gives the session as it is, expired first if its window has passed; `None` if another
    /// change came first and it must be read again.
    pub(crate) async fn expired_if_overdue(
        &self,
        session: Session,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let Ok(step) = step(&session, Input::WindowPassed, now) else {
            return Ok(Some(session));
        };
        let expired = step.session.clone();
        match self.commit_step(SessionChange::of(step), now).await {
            Ok(_) => Ok(Some(expired)),
            Err(StoreError::Conflict) => Ok(None),
            Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt { .. })) => Err(error),
        }
    }

    /// Expires up to one batch of overdue sessions; gives how many were found.
    pub(crate) async fn sweep_overdue_sessions(&self, now: Timestamp) -> Result<usize, StoreError> {
        let overdue = self
            .store
            .reads()
            .overdue_sessions(now, SWEEP_BATCH_MAX)
            .await?;
        let found = overdue.len();
        for session in overdue {
            let id = session.id.clone();
            match self.expired_if_overdue(session, now).await {
                Ok(_) => {}
                // One organization's damaged row must not keep all others' sessions alive.
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(session.id = %id, %error, "a session cannot expire");
                }
                Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict)) => {
                    return Err(error);
                }
            }
        }
        Ok(found)
    }
}
