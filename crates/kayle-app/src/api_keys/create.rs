//! Creates an API key (contract 3.7).

use kayle_crypto::ApiKeyPlaintext;
use kayle_primitives::{ApiKeyId, OrganizationId};
use serde_json::json;

use crate::Webhooks;
use crate::access::{ApiKey, ApiKeyMetadata, ApiKeyName, Caller, Scope};
use crate::audit::{AuditAction, AuditEntry};
use crate::ports::store::StoreError;

/// What the key is to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// For people.
    pub name: ApiKeyName,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// What the customer notes about it.
    pub metadata: ApiKeyMetadata,
}

/// The key, with the plaintext that is shown only now.
#[derive(Debug)]
pub struct CreatedApiKey {
    /// The record.
    pub key: ApiKey,
    /// The credential.
    pub plaintext: ApiKeyPlaintext,
}

/// The key could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateApiKeyError {
    /// There is no such organization.
    #[error("no organization has the id {0}")]
    OrganizationNotFound(OrganizationId),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Creates an enabled API key.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        new: NewApiKey,
    ) -> Result<CreatedApiKey, CreateApiKeyError> {
        let organization_id = caller.organization_id;
        let now = self.clock.now();
        let plaintext = ApiKeyPlaintext::generate(&*self.entropy);
        let key = ApiKey {
            id: ApiKeyId::generate(&*self.entropy),
            organization_id,
            name: new.name,
            enabled: true,
            scopes: new.scopes,
            metadata: new.metadata,
            request_count: 0,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.store.begin().await?;
        if tx
            .reads()
            .find_organization(organization_id)
            .await?
            .is_none()
        {
            return Err(CreateApiKeyError::OrganizationNotFound(organization_id));
        }
        tx.insert_api_key(&key, &self.keys.hash_api_key(plaintext.expose()))
            .await?;
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let entry = AuditEntry {
            action: AuditAction::ApiKeyCreated,
            subject_id: &key.id.to_string(),
            details: json!({ "permissions": scopes }),
        };
        self.audit(&mut *tx, caller, entry).await?;
        tx.commit().await?;
        Ok(CreatedApiKey { key, plaintext })
    }
}
