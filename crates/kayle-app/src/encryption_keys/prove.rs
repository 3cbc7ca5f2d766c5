//! Notes that somebody has the private half of a key (contract 14.12).

use kayle_endpoints::{EncryptionKey, Prover};
use kayle_primitives::{EncryptionKeyId, OrganizationId, Timestamp};
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::change::Change;
use crate::ports::store::{KeyChallenge, StoreError};
use crate::{Missing, Webhooks};

/// The key was not proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveKeyError {
    /// The key is missing, or the store failed.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// There is nothing to answer: no challenge was made, or it was answered, or its time is over.
    #[error("the key has no open challenge")]
    NoChallenge,
    /// The nonce is another. The challenge is used up.
    #[error("nonce is not what was encrypted; the challenge is used up")]
    WrongNonce,
}

impl From<StoreError> for ProveKeyError {
    fn from(error: StoreError) -> Self {
        Self::Missing(error.into())
    }
}

impl Webhooks {
    /// Takes the answer to a key's challenge, which is used up by it, right or wrong.
    pub async fn prove_encryption_key(
        &self,
        caller: &Caller,
        id: &EncryptionKeyId,
        nonce: &str,
    ) -> Result<EncryptionKey, ProveKeyError> {
        let now = self.clock.now();
        let mut tx = self.change(caller).await?;
        let locked = tx.lock_encryption_key(caller.organization_id, id).await?;
        let locked = locked.ok_or_else(|| Missing::new("encryption key", id))?;
        let challenge = locked.challenge.filter(|open| now < open.expires_at);
        let KeyChallenge { nonce_hash, .. } = challenge.ok_or(ProveKeyError::NoChallenge)?;
        tx.set_key_challenge(id, None).await?;
        if !self.keys.verify_key_nonce(nonce, &nonce_hash) {
            let details = json!({ "webhook_endpoint_id": locked.key.endpoint_id.as_str() });
            tx.commit(AuditAction::EncryptionKeyProofFailed, id.as_str(), details)
                .await?;
            return Err(ProveKeyError::WrongNonce);
        }
        let proven = locked.key.proven(Prover::Caller, now);
        if let Some(key) = &proven {
            tx.save_key_proof(key).await?;
        }
        let key = proven.unwrap_or(locked.key);
        commit_proof(tx, &key, Prover::Caller).await?;
        Ok(key)
    }

    /// Notes that the program which receives deliveries decrypted one that was encrypted to this
    /// key. Repeating changes nothing.
    pub async fn note_key_proven_by_receiver(
        &self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<(), Missing> {
        let mut tx = self.change(&Caller::system(organization_id)).await?;
        let locked = tx.lock_encryption_key(organization_id, id).await?;
        let locked = locked.ok_or_else(|| Missing::new("encryption key", id))?;
        if let Some(key) = locked.key.proven(Prover::Receiver, now) {
            tx.save_key_proof(&key).await?;
            commit_proof(tx, &key, Prover::Receiver).await?;
        }
        Ok(())
    }
}

async fn commit_proof(tx: Change<'_>, key: &EncryptionKey, by: Prover) -> Result<(), StoreError> {
    let details = json!({
        "webhook_endpoint_id": key.endpoint_id.as_str(),
        "proven_by": by.as_str(),
    });
    tx.commit(AuditAction::EncryptionKeyProven, key.id.as_str(), details)
        .await
}
