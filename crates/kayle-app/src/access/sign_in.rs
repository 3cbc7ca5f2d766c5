//! Signs a person in by a link (contract 14.5).
//!
//! Looking changes nothing: chat and mail programs open links to preview them. Only what the person
//! then presses uses the link up.

use kayle_crypto::MintedToken;
use kayle_primitives::Organization;

use super::{Actor, Caller, Role};
use crate::Webhooks;
use crate::audit::AuditAction;
use crate::ports::store::{SignInLink, StoreError};

/// Where a sign-in link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// To an organization.
    Organization {
        /// The organization that the person will work in.
        organization: Organization,
        /// What the person may do there.
        role: Role,
    },
    /// To what operators see of the installation.
    Operator,
}

/// The session that a link led to.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub token: MintedToken,
    /// Whether it is an operator's.
    pub is_operator: bool,
}

impl Webhooks {
    /// Tells where a link leads; `None` if it is unknown, used or expired.
    pub async fn look_at_sign_in(&self, code: &str) -> Result<Option<SignIn>, StoreError> {
        let Some(link) = self.find_sign_in_link(code).await? else {
            return Ok(None);
        };
        if link.is_operators() {
            return Ok(Some(SignIn::Operator));
        }
        let reads = self.store.reads();
        let organization = reads.find_organization(link.organization_id).await?;
        Ok(organization.map(|organization| SignIn::Organization {
            organization,
            role: link.role,
        }))
    }

    /// Uses a link up and returns the session that it leads to; `None` if it is unknown, used or
    /// expired.
    pub async fn sign_in(&self, code: &str) -> Result<Option<SignedIn>, StoreError> {
        let Some(link) = self.find_sign_in_link(code).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut tx = self.change(&caller(&link)).await?;
        if !tx.use_sign_in_link(&link.code_hash, now).await? {
            return Ok(None);
        }
        let subject = link.user_id.to_string();
        tx.commit(AuditAction::SignedIn, &subject, link.role_details())
            .await?;
        let ttl = link.session_expires_at.since(now);
        Ok(Some(SignedIn {
            token: self.mint_session(&link, ttl),
            is_operator: link.is_operators(),
        }))
    }

    /// Returns the organization that was made last.
    pub async fn newest_organization(&self) -> Result<Option<Organization>, StoreError> {
        self.store.reads().newest_organization().await
    }

    async fn find_sign_in_link(&self, code: &str) -> Result<Option<SignInLink>, StoreError> {
        let hashes = self.keys.hash_sign_in_code_candidates(code);
        let now = self.clock.now();
        self.store.reads().find_sign_in_link(&hashes, now).await
    }
}

fn caller(link: &SignInLink) -> Caller {
    Caller {
        organization_id: link.organization_id,
        actor: Actor::User(link.user_id),
    }
}
