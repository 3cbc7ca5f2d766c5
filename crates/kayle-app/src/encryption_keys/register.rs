//! Registers an encryption key (contract 3.3, K1; 8.2; 14.12).

use std::time::Duration;

use kayle_endpoints::{EncryptionKey, InvalidJwk, KeyId, jwk};
use kayle_primitives::{EncryptionKeyId, EndpointId, Timestamp};
use serde_json::{Map, Value, json};

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::KEYS_PER_DAY_MAX;
use crate::ports::store::StoreError;
use crate::quotas::TooMany;

/// What is to be registered.
#[derive(Debug, Clone)]
pub struct NewEncryptionKey {
    /// The customer's own name for it.
    pub key_id: KeyId,
    /// The JWK as it was submitted. Its bounds are checked, its meaning is not.
    pub jwk: Map<String, Value>,
    /// Whether it becomes the active one.
    pub activate: bool,
}

/// The key could not be registered; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterKeyError {
    /// The organization has no such endpoint.
    #[error("the endpoint does not exist")]
    EndpointNotFound,
    /// The JWK breaks a rule.
    #[error(transparent)]
    Jwk(#[from] InvalidJwk),
    /// Too many were registered within a day.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const DAY: Duration = Duration::from_hours(24);

impl Webhooks {
    /// Registers a key. If it is to be the active one, the endpoint's active one, if any, stops
    /// being it. Deliveries that are already encrypted stay as they are.
    pub async fn register_encryption_key(
        &self,
        caller: &Caller,
        endpoint_id: &EndpointId,
        new: NewEncryptionKey,
    ) -> Result<EncryptionKey, RegisterKeyError> {
        let organization_id = caller.organization_id;
        let endpoint = self
            .store
            .reads()
            .find_endpoint(organization_id, endpoint_id)
            .await?;
        if endpoint.is_none() {
            return Err(RegisterKeyError::EndpointNotFound);
        }
        let jwk = jwk::parse(&new.jwk)?;
        let now = self.clock.now();
        let key = EncryptionKey {
            id: EncryptionKeyId::generate(now, &*self.entropy),
            organization_id,
            endpoint_id: endpoint_id.clone(),
            key_id: new.key_id,
            jwk,
            created_at: now,
            updated_at: now,
            disabled_at: (!new.activate).then_some(now),
            proof: None,
        };
        let mut tx = self.change(caller).await?;
        let since = now.minus(DAY);
        let latest = tx.reads();
        let latest = latest.registrations_since(endpoint_id, since, KEYS_PER_DAY_MAX);
        check_pace(&latest.await?, now)?;
        if !tx.register_encryption_key(&key).await? {
            return Err(RegisterKeyError::EndpointNotFound);
        }
        let details = json!({ "webhook_endpoint_id": endpoint_id.as_str() });
        tx.commit(
            AuditAction::EncryptionKeyRegistered,
            key.id.as_str(),
            details,
        )
        .await?;
        Ok(key)
    }
}

/// Fails if as many keys as possible were registered within the last day; `latest` are those, the
/// newest first.
fn check_pace(latest: &[Timestamp], now: Timestamp) -> Result<(), TooMany> {
    match latest.get(KEYS_PER_DAY_MAX - 1) {
        Some(oldest) => Err(TooMany {
            what: "keys of this endpoint that were registered within a day",
            max: KEYS_PER_DAY_MAX,
            retry_after: oldest.plus(DAY).since(now),
        }),
        None => Ok(()),
    }
}
