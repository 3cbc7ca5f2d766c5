//! The customer cancels a session (contract 3.8, S4).

use kayle_primitives::{OrganizationId, SessionId};
use kayle_sessions::{Input, step};

use super::commit::SessionChange;
use crate::Webhooks;
use crate::limits::CONFLICT_RETRIES_MAX;
use crate::ports::store::StoreError;

/// The session could not be cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelSessionError {
    /// The organization has no such session.
    #[error("the session does not exist")]
    NotFound,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Cancels an active session; an ended one stays as it is. An overdue one expires instead.
    pub async fn cancel_session(
        &self,
        organization_id: OrganizationId,
        id: &SessionId,
    ) -> Result<(), CancelSessionError> {
        for _ in 0..CONFLICT_RETRIES_MAX {
            let session = self.store.reads().find_session(organization_id, id).await?;
            let session = session.ok_or(CancelSessionError::NotFound)?;
            let now = self.clock.now();
            let Some(session) = self.expired_if_overdue(session, now).await? else {
                continue;
            };
            let Ok(step) = step(&session, Input::Cancel, now) else {
                return Ok(());
            };
            match self.commit_step(SessionChange::of(step), now).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}
