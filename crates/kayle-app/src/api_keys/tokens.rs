//! Mints the dashboard sessions that operators hand out (contract 13.1).

use std::time::Duration;

use kayle_crypto::{MintedToken, SessionClaims, SignInCode};
use kayle_primitives::OrganizationId;
use kayle_primitives::id::random_uuid;
use uuid::Uuid;

use crate::access::{Caller, OPERATORS, Role};
use crate::audit::AuditAction;
use crate::change::Change;
use crate::limits::{SIGN_IN_LINK_LIFETIME, SIGN_IN_LINK_REMEMBERED};
use crate::organizations::expect_organization;
use crate::ports::store::{SignInLink, StoreError};
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

/// A dashboard session, and a code that leads to the same one, once.
#[derive(Debug)]
pub struct MintedSession {
    /// The session.
    pub token: MintedToken,
    /// The code of a sign-in link.
    pub sign_in_code: SignInCode,
}

impl Webhooks {
    /// Mints a dashboard session, for installations without an identity service.
    pub async fn mint_session_token(
        &self,
        organization_id: OrganizationId,
        new: NewSessionToken,
    ) -> Result<MintedSession, Missing> {
        let tx = self.change(&Caller::system(organization_id)).await?;
        expect_organization(&*tx, organization_id).await?;
        let minted = self.mint_with_link(tx, organization_id, &new);
        Ok(minted.await?)
    }

    /// Mints a session of an operator, who sees how the installation does, and nothing of any
    /// organization.
    pub async fn mint_operator_session(
        &self,
        user_id: Option<Uuid>,
        ttl: Duration,
    ) -> Result<MintedSession, StoreError> {
        let tx = self.change(&Caller::operator()).await?;
        let new = NewSessionToken {
            user_id,
            // A link has one; the session it leads to has none.
            role: Role::Member,
            ttl,
        };
        self.mint_with_link(tx, OPERATORS, &new).await
    }

    async fn mint_with_link(
        &self,
        mut tx: Change<'_>,
        organization_id: OrganizationId,
        new: &NewSessionToken,
    ) -> Result<MintedSession, StoreError> {
        let now = self.clock.now();
        let user_id = new.user_id;
        let user_id = user_id.unwrap_or_else(|| random_uuid(&*self.entropy));
        let sign_in_code = SignInCode::generate(&*self.entropy);
        let link = SignInLink {
            code_hash: self.keys.hash_sign_in_code(sign_in_code.expose()),
            organization_id,
            user_id,
            role: new.role,
            session_expires_at: now.plus(new.ttl),
            expires_at: now.plus(SIGN_IN_LINK_LIFETIME),
        };
        tx.insert_sign_in_link(&link).await?;
        tx.delete_sign_in_links_expired_before(now.minus(SIGN_IN_LINK_REMEMBERED))
            .await?;
        let action = AuditAction::SessionTokenCreated;
        tx.commit(action, &user_id.to_string(), link.role_details())
            .await?;
        Ok(MintedSession {
            token: self.mint_session(&link, new.ttl),
            sign_in_code,
        })
    }

    /// Mints the session that a sign-in link leads to.
    pub(crate) fn mint_session(&self, link: &SignInLink, ttl: Duration) -> MintedToken {
        if link.is_operators() {
            let user = link.user_id.to_string();
            return self.keys.mint_operator_token(&user, self.clock.wall(), ttl);
        }
        let claims = SessionClaims {
            user: link.user_id.to_string(),
            organization: Some(link.organization_id.to_string()),
            role: link.role.as_str().to_owned(),
        };
        self.keys
            .mint_session_token(&claims, self.clock.wall(), ttl)
    }
}
