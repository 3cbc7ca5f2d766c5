//! Asks whoever registered a key to show that they have its private half (contract 14.12).

use kayle_crypto::{EncryptError, KeyImportError, KeyNonce};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, Timestamp};
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::KEY_CHALLENGE_LIFETIME;
use crate::ports::store::{KeyChallenge, StoreError};
use crate::{Missing, Webhooks};

/// A challenge as the caller gets it, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeyChallenge {
    /// The compact JWE of the nonce, as a delivery's would be.
    pub jwe: String,
    /// The first moment at which the nonce is not taken any more.
    pub expires_at: Timestamp,
}

/// No challenge was made; an older one stays open.
#[derive(Debug, thiserror::Error)]
pub enum ChallengeKeyError {
    /// The key is missing, or the store failed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The stored key is damaged.
    #[error("the key cannot be read")]
    Unreadable(#[from] KeyImportError),
    /// The nonce could not be encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

impl From<StoreError> for ChallengeKeyError {
    fn from(error: StoreError) -> Self {
        Self::Missing(error.into())
    }
}

impl Webhooks {
    /// Encrypts a nonce to a key, active or not. The key's challenge before, if one is open, is
    /// open no longer.
    pub async fn challenge_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
    ) -> Result<NewKeyChallenge, ChallengeKeyError> {
        let mut tx = self.change(caller).await?;
        let locked = tx.lock_encryption_key(caller.organization_id, id).await?;
        let key = locked
            .ok_or_else(|| Missing::new("encryption key", id))?
            .key;
        let nonce = KeyNonce::generate(&*self.entropy);
        let jwe = self.encrypt_nonce(&key, &nonce)?;
        let expires_at = self.clock.now().plus(KEY_CHALLENGE_LIFETIME);
        let challenge = KeyChallenge {
            nonce_hash: self.keys.hash_key_nonce(&nonce),
            expires_at,
        };
        tx.set_key_challenge(id, Some(&challenge)).await?;
        let details = json!({ "webhook_endpoint_id": key.endpoint_id.as_str() });
        tx.commit(AuditAction::EncryptionKeyChallenged, id.as_str(), details)
            .await?;
        Ok(NewKeyChallenge { jwe, expires_at })
    }

    fn encrypt_nonce(
        &self,
        key: &EncryptionKey,
        nonce: &KeyNonce,
    ) -> Result<String, ChallengeKeyError> {
        let public_key = self.public_keys.parsed(key)?;
        let (key_id, plaintext) = (key.key_id.as_str(), nonce.expose().as_bytes());
        Ok(public_key.encrypt(key_id, plaintext, &*self.entropy)?)
    }
}
