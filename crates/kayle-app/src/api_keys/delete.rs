//! Deletes an API key (contract 3.7).

use kayle_primitives::ApiKeyId;
use serde_json::json;

use super::ApiKeyError;
use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};

impl Webhooks {
    /// Deletes a key; takes effect on the next request.
    pub async fn delete_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), ApiKeyError> {
        let mut tx = self.store.begin().await?;
        if !tx.delete_api_key(caller.organization_id, id).await? {
            return Err(ApiKeyError::NotFound(id));
        }
        let (action, details) = (AuditAction::ApiKeyDeleted, json!({}));
        self.audit(
            &mut *tx,
            caller,
            AuditEntry {
                action,
                subject_id: &id.to_string(),
                details,
            },
        )
        .await?;
        Ok(tx.commit().await?)
    }
}
