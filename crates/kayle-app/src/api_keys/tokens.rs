//! Mints the tokens that operators hand out (contract 12, 13.1).

use std::time::Duration;

use kayle_crypto::{MintedToken, SessionClaims};
use kayle_primitives::OrganizationId;
use kayle_primitives::id::random_uuid;
use serde_json::json;
use uuid::Uuid;

use crate::access::{Caller, Role};
use crate::audit::AuditAction;
use crate::organizations::expect_organization;
use crate::{Missing, Webhooks};

/// What a dashboard session is to say.
#[derive(Debug, Clone)]
pub struct NewSessionToken {
    /// The person; a fresh id if there is none.
    pub user_id: Option<Uuid>,
    /// The person's role.
    pub role: Role,
    /// How long the session lasts.
    pub ttl: Duration,
}

impl Webhooks {
    /// Mints a token that says `subject` is calling the intake, for as long as `ttl`.
    pub fn mint_service_token(&self, subject: &str, ttl: Duration) -> MintedToken {
        self.keys
            .mint_service_token(subject, self.clock.wall(), ttl)
    }

    /// Mints a dashboard session, for installations without an identity service.
    pub async fn mint_session_token(
        &self,
        organization_id: OrganizationId,
        new: NewSessionToken,
    ) -> Result<MintedToken, Missing> {
        let user_id = new
            .user_id
            .unwrap_or_else(|| random_uuid(&*self.entropy))
            .to_string();
        let tx = self.change(&Caller::system(organization_id)).await?;
        expect_organization(&*tx, organization_id).await?;
        let details = json!({ "role": new.role.as_str() });
        tx.commit(AuditAction::SessionTokenCreated, &user_id, details)
            .await?;
        let claims = SessionClaims {
            user: user_id,
            organization: Some(organization_id.to_string()),
            role: new.role.as_str().to_owned(),
        };
        Ok(self
            .keys
            .mint_session_token(&claims, self.clock.wall(), new.ttl))
    }
}
