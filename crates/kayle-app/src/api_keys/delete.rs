//! Deletes an API key (contract 3.7).

use kayle_primitives::ApiKeyId;
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Deletes a key; takes effect on the next request.
    pub async fn delete_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), Missing> {
        let mut tx = self.change(caller).await?;
        if !tx.delete_api_key(caller.organization_id, id).await? {
            return Err(Missing::new("API key", id));
        }
        let action = AuditAction::ApiKeyDeleted;
        Ok(tx.commit(action, &id.to_string(), json!({})).await?)
    }
}
