//! The customer cancels a session (contract 3.8, S4).

use kayle_primitives::SessionId;
use kayle_sessions::{Input, step};

use super::commit::SessionChange;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};
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
        caller: &Caller,
        id: &SessionId,
    ) -> Result<(), CancelSessionError> {
        for _ in 0..CONFLICT_RETRIES_MAX {
            let session = self
                .store
                .reads()
                .find_session(caller.organization_id, id)
                .await?;
            let session = session.ok_or(CancelSessionError::NotFound)?;
            let now = self.clock.now();
            let Some(session) = self.expired_if_overdue(session, now).await? else {
                continue;
            };
            let Ok(step) = step(&session, Input::Cancel, now) else {
                return Ok(());
            };
            let (action, details) = (AuditAction::SessionCancelled, json!({}));
            let entry = AuditEntry {
                action,
                subject_id: id.as_str(),
                details,
            };
            let audit = Some((caller, entry));
            match self
                .commit_step(
                    SessionChange {
                        audit,
                        ..SessionChange::of(step)
                    },
                    now,
                )
                .await
            {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}
