//! Creates a service token (contract 12).

use std::time::Duration;

use kayle_crypto::MintedToken;
use kayle_primitives::ServiceTokenId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::{ServiceToken, StoreError};

/// A service token, which is shown only now.
#[derive(Debug)]
pub struct CreatedServiceToken {
    /// Its id.
    pub id: ServiceTokenId,
    /// The credential.
    pub token: MintedToken,
}

impl Webhooks {
    /// Creates a token that says `subject` is calling the intake, for as long as `ttl`.
    pub async fn create_service_token(
        &self,
        subject: &str,
        ttl: Duration,
    ) -> Result<CreatedServiceToken, StoreError> {
        let (id, now) = (ServiceTokenId::generate(&*self.entropy), self.clock.wall());
        let token = self
            .keys
            .mint_service_token(&id.to_string(), subject, now, ttl);
        let record = ServiceToken {
            id,
            subject: Some(subject.to_owned()),
            created_at: Some(now),
            expires_at: Some(token.expires_at),
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.change(&Caller::operator()).await?;
        tx.save_service_tokens(&[record]).await?;
        let details = json!({ "subject": subject, "expires_at": token.expires_at.to_string() });
        let action = AuditAction::ServiceTokenCreated;
        tx.commit(action, &id.to_string(), details).await?;
        Ok(CreatedServiceToken { id, token })
    }
}
