//! Deletes an endpoint (contract 3.2, E5; D5).

use kayle_primitives::EndpointId;
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Deletes an endpoint for good: its secret and keys are erased, its deliveries stay in the
    /// lists and can never be sent again.
    pub async fn delete_endpoint(&self, caller: &Caller, id: &EndpointId) -> Result<(), Missing> {
        let now = self.clock.now();
        let mut tx = self.change(caller).await?;
        let endpoint = tx.lock_endpoint(caller.organization_id, id).await?;
        endpoint.ok_or_else(|| Missing::new("endpoint", id))?;
        tx.delete_endpoint(id, now).await?;
        let dropped = tx.drop_deliveries_of_endpoint(id, now).await?;
        let details = json!({ "dropped_deliveries": dropped });
        let action = AuditAction::EndpointDeleted;
        Ok(tx.commit(action, id.as_str(), details).await?)
    }
}
