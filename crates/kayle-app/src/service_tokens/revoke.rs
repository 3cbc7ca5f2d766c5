//! Revokes a service token (contract 14.14).

use kayle_primitives::ServiceTokenId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::{ServiceToken, StoreError};

impl Webhooks {
    /// Revokes a token: from now on no node accepts it. Returns what was known of it: of one that
    /// was made before tokens were kept, nothing, and it is refused all the same. Repeating changes
    /// nothing.
    pub async fn revoke_service_token(
        &self,
        id: ServiceTokenId,
    ) -> Result<Option<ServiceToken>, StoreError> {
        let mut tx = self.change(&Caller::operator()).await?;
        let known = tx.reads().find_service_token(id).await?;
        if tx.revoke_service_token(id, self.clock.now()).await? {
            let subject = known.as_ref().and_then(|token| token.subject.as_deref());
            let details = json!({ "subject": subject });
            let action = AuditAction::ServiceTokenRevoked;
            tx.commit(action, &id.to_string(), details).await?;
        }
        Ok(known)
    }
}
