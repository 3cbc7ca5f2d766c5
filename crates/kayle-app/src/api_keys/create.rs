//! Creates an API key (contract 3.7).

use kayle_crypto::ApiKeyPlaintext;
use kayle_primitives::ApiKeyId;
use serde_json::json;

use crate::access::{ApiKey, ApiKeyMetadata, ApiKeyName, Caller, Scope};
use crate::audit::AuditAction;
use crate::limits::API_KEYS_MAX;
use crate::organizations::expect_organization;
use crate::ports::store::{ApiKeyHash, StoreError};
use crate::quotas::LimitReached;
use crate::{Missing, Webhooks};

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

/// The key could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateApiKeyError {
    /// There is no such organization, or the store could not do it.
    #[error(transparent)]
    Organization(#[from] Missing),
    /// The organization has as many as it may have.
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
}

impl From<StoreError> for CreateApiKeyError {
    fn from(error: StoreError) -> Self {
        Self::Organization(error.into())
    }
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
        let mut tx = self.change(caller).await?;
        expect_organization(&*tx, organization_id).await?;
        let found = tx.reads().count_api_keys(organization_id, API_KEYS_MAX);
        LimitReached::check("API keys", found.await?, API_KEYS_MAX)?;
        let hash = ApiKeyHash {
            hash: self.keys.hash_api_key(plaintext.expose()),
            key_id: Some(self.keys.current_key_id().to_owned()),
        };
        tx.insert_api_key(&key, &hash).await?;
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let details = json!({ "permissions": scopes });
        let id = key.id.to_string();
        tx.commit(AuditAction::ApiKeyCreated, &id, details).await?;
        Ok(CreatedApiKey { key, plaintext })
    }
}
