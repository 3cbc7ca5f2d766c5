//! Replaces an endpoint's signing secret (contract 3.2, E7).

use kayle_endpoints::SigningSecret;
use kayle_primitives::EndpointId;
use serde_json::json;

use super::EndpointError;
use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};

impl Webhooks {
    /// Replaces the secret at once: every later attempt is signed with the new one.
    pub async fn rotate_signing_secret(
        &self,
        caller: &Caller,
        id: &EndpointId,
    ) -> Result<SigningSecret, EndpointError> {
        let mut tx = self.store.begin().await?;
        if tx
            .lock_endpoint(caller.organization_id, id)
            .await?
            .is_none()
        {
            return Err(EndpointError::NotFound);
        }
        let secret = SigningSecret::generate(&*self.entropy);
        let sealed = self
            .keys
            .seal_signing_secret(id.as_str(), secret.expose(), &*self.entropy);
        tx.replace_signing_secret(id, &sealed, self.clock.now())
            .await?;
        let (action, details) = (AuditAction::SigningSecretRotated, json!({}));
        self.audit(
            &mut *tx,
            caller,
            AuditEntry {
                action,
                subject_id: id.as_str(),
                details,
            },
        )
        .await?;
        tx.commit().await?;
        Ok(secret)
    }
}
