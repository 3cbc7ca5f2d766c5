//! Reveals an endpoint's signing secret (contract 3.2, E6).

use kayle_crypto::OpenError;
use kayle_endpoints::SigningSecret;
use kayle_primitives::EndpointId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::StoreError;

/// The secret could not be revealed.
#[derive(Debug, thiserror::Error)]
pub enum RevealSecretError {
    /// The organization has no such endpoint.
    #[error("the endpoint does not exist")]
    NotFound,
    /// The row has lost its secret.
    #[error("the endpoint's signing secret is missing")]
    Missing,
    /// The secret was sealed with a key that this process does not have, or was altered.
    #[error("the endpoint's signing secret cannot be opened")]
    Sealed(#[source] OpenError),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Reveals the current secret, unchanged. Nobody sees it without a row in the audit log.
    pub async fn reveal_signing_secret(
        &self,
        caller: &Caller,
        id: &EndpointId,
    ) -> Result<SigningSecret, RevealSecretError> {
        let organization_id = caller.organization_id;
        let tx = self.change(caller).await?;
        let reads = tx.reads();
        if reads.find_endpoint(organization_id, id).await?.is_none() {
            return Err(RevealSecretError::NotFound);
        }
        let sealed = reads.find_signing_secret(organization_id, id).await?;
        let sealed = sealed.ok_or(RevealSecretError::Missing)?;
        let opened = self
            .keys
            .open_signing_secret(id.as_str(), &sealed)
            .map_err(RevealSecretError::Sealed)?;
        let action = AuditAction::SigningSecretRevealed;
        tx.commit(action, id.as_str(), json!({})).await?;
        Ok(SigningSecret::from_opened(opened))
    }
}
