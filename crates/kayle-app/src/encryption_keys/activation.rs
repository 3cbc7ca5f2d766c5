//! Takes encryption keys out of use and puts them back (contract 3.3, K3 and K4).

use kayle_endpoints::EncryptionKey;
use kayle_primitives::EncryptionKeyId;
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Takes a key out of use; later events are not encrypted with it. Repeating is allowed.
    pub async fn deactivate_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
    ) -> Result<EncryptionKey, Missing> {
        self.set_active(caller, id, false).await
    }

    /// Puts a key back into use, in place of the endpoint's active one. Repeating is allowed.
    pub async fn reactivate_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
    ) -> Result<EncryptionKey, Missing> {
        self.set_active(caller, id, true).await
    }

    async fn set_active(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
        active: bool,
    ) -> Result<EncryptionKey, Missing> {
        let (organization_id, now) = (caller.organization_id, self.clock.now());
        let mut tx = self.change(caller).await?;
        let (key, action) = if active {
            let key = tx
                .reactivate_encryption_key(organization_id, id, now)
                .await?;
            (key, AuditAction::EncryptionKeyReactivated)
        } else {
            let key = tx
                .deactivate_encryption_key(organization_id, id, now)
                .await?;
            (key, AuditAction::EncryptionKeyDeactivated)
        };
        let key = key.ok_or_else(|| Missing::new("encryption key", id))?;
        let details = json!({ "webhook_endpoint_id": key.endpoint_id.as_str() });
        tx.commit(action, id.as_str(), details).await?;
        Ok(key)
    }
}
