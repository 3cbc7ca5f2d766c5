//! Mints the tokens that operators hand out (contract 12, 13.1).

use std::time::Duration;

use kayle_crypto::{MintedToken, SessionClaims};
use kayle_primitives::OrganizationId;
use kayle_primitives::id::random_uuid;
use serde_json::json;
use uuid::Uuid;

use crate::Webhooks;
use crate::access::{Caller, Role};
use crate::audit::{AuditAction, AuditEntry};
use crate::ports::store::StoreError;

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

/// The session could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MintSessionTokenError {
    /// There is no such organization.
    #[error("no organization has the id {0}")]
    OrganizationNotFound(OrganizationId),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    ) -> Result<MintedToken, MintSessionTokenError> {
        let user_id = new
            .user_id
            .unwrap_or_else(|| random_uuid(&*self.entropy))
            .to_string();
        let mut tx = self.store.begin().await?;
        if tx
            .reads()
            .find_organization(organization_id)
            .await?
            .is_none()
        {
            return Err(MintSessionTokenError::OrganizationNotFound(organization_id));
        }
        let details = json!({ "role": new.role.as_str() });
        let action = AuditAction::SessionTokenCreated;
        let entry = AuditEntry {
            action,
            subject_id: &user_id,
            details,
        };
        self.audit(&mut *tx, &Caller::system(organization_id), entry)
            .await?;
        tx.commit().await?;
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
