//! Sign-in links in the store.

use async_trait::async_trait;
use kayle_primitives::{OrganizationId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::StoreError;
use crate::access::{OPERATORS, Role};

/// A link that signs one person in, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// The keyed hash of its code.
    pub code_hash: String,
    /// The organization that the person is to work in; [`OPERATORS`] for an operator.
    pub organization_id: OrganizationId,
    /// The person.
    pub user_id: Uuid,
    /// What the person may do there; says nothing of an operator.
    pub role: Role,
    /// When the session ends that it leads to.
    pub session_expires_at: Timestamp,
    /// The first moment at which it leads nowhere.
    pub expires_at: Timestamp,
}

impl SignInLink {
    /// Returns whether it is an operator's, who works in no organization.
    pub fn is_operators(&self) -> bool {
        self.organization_id == OPERATORS
    }

    /// Returns what the audit log says of it.
    pub(crate) fn role_details(&self) -> Value {
        let role = if self.is_operators() {
            "operator"
        } else {
            self.role.as_str()
        };
        json!({ "role": role })
    }
}

/// Reads sign-in links.
#[async_trait]
pub trait SignInReads {
    /// Finds the one with any of these hashes that is neither used nor expired.
    async fn find_sign_in_link(
        &self,
        code_hashes: &[String],
        now: Timestamp,
    ) -> Result<Option<SignInLink>, StoreError>;
}

/// Changes sign-in links.
#[async_trait]
pub trait SignInWrites {
    /// Adds one.
    async fn insert_sign_in_link(&mut self, link: &SignInLink) -> Result<(), StoreError>;

    /// Marks one as used; returns whether it was neither used nor expired until then. Of two at
    /// once, one is told so.
    async fn use_sign_in_link(
        &mut self,
        code_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes those that expired before `limit`.
    async fn delete_sign_in_links_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError>;
}
