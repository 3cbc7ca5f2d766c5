//! Replaces an endpoint's signing secret (contract 3.2, E7).

use kayle_endpoints::SigningSecret;
use kayle_primitives::EndpointId;
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Replaces the secret at once: every later attempt is signed with the new one.
    pub async fn rotate_signing_secret(
        &self,
        caller: &Caller,
        id: &EndpointId,
    ) -> Result<SigningSecret, Missing> {
        let mut tx = self.change(caller).await?;
        let endpoint = tx.lock_endpoint(caller.organization_id, id).await?;
        endpoint.ok_or_else(|| Missing::new("endpoint", id))?;
        let secret = SigningSecret::generate(&*self.entropy);
        let sealed = self
            .keys
            .seal_signing_secret(id.as_str(), secret.expose(), &*self.entropy);
        tx.replace_signing_secret(id, &sealed, self.clock.now())
            .await?;
        let action = AuditAction::SigningSecretRotated;
        tx.commit(action, id.as_str(), json!({})).await?;
        Ok(secret)
    }
}
