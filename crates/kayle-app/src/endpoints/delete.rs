//! Deletes an endpoint (contract 3.2, E5; D5).

use kayle_primitives::EndpointId;
use serde_json::json;

use super::EndpointError;
use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};

impl Webhooks {
    /// Deletes an endpoint for good: its secret and keys are erased, its deliveries stay in the
    /// lists and can never be sent again.
    pub async fn delete_endpoint(
        &self,
        caller: &Caller,
        id: &EndpointId,
    ) -> Result<(), EndpointError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if tx
            .lock_endpoint(caller.organization_id, id)
            .await?
            .is_none()
        {
            return Err(EndpointError::NotFound);
        }
        tx.delete_endpoint(id, now).await?;
        let dropped = tx.drop_deliveries_of_endpoint(id, now).await?;
        let details = json!({ "dropped_deliveries": dropped });
        let entry = AuditEntry {
            action: AuditAction::EndpointDeleted,
            subject_id: id.as_str(),
            details,
        };
        self.audit(&mut *tx, caller, entry).await?;
        Ok(tx.commit().await?)
    }
}
