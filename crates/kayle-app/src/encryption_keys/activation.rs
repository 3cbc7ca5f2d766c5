//! Takes encryption keys out of use and puts them back (contract 3.3, K3 and K4).

use kayle_endpoints::EncryptionKey;
use kayle_primitives::EncryptionKeyId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};
use crate::ports::store::{StoreError, StoreTx};

/// The key could not be taken out of use or put back.
#[derive(Debug, thiserror::Error)]
pub enum KeyActivationError {
    /// The organization has no such key.
    #[error("the encryption key does not exist")]
    NotFound,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Takes a key out of use; later events are not encrypted with it. Repeating is allowed.
    pub async fn deactivate_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
    ) -> Result<EncryptionKey, KeyActivationError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let key = tx
            .deactivate_encryption_key(caller.organization_id, id, now)
            .await?;
        let key = key.ok_or(KeyActivationError::NotFound)?;
        self.finish_activation(tx, caller, AuditAction::EncryptionKeyDeactivated, key)
            .await
    }

    /// Puts a key back into use, in place of the endpoint's active one. Repeating is allowed.
    pub async fn reactivate_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
    ) -> Result<EncryptionKey, KeyActivationError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let key = tx
            .reactivate_encryption_key(caller.organization_id, id, now)
            .await?;
        let key = key.ok_or(KeyActivationError::NotFound)?;
        self.finish_activation(tx, caller, AuditAction::EncryptionKeyReactivated, key)
            .await
    }

    async fn finish_activation(
        &self,
        mut tx: Box<dyn StoreTx>,
        caller: &Caller,
        action: AuditAction,
        key: EncryptionKey,
    ) -> Result<EncryptionKey, KeyActivationError> {
        let details = json!({ "webhook_endpoint_id": key.endpoint_id.as_str() });
        let entry = AuditEntry {
            action,
            subject_id: key.id.as_str(),
            details,
        };
        self.audit(&mut *tx, caller, entry).await?;
        tx.commit().await?;
        Ok(key)
    }
}
