//! Tokens of Kayle's own services in the store: what they say, never the tokens.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kayle_primitives::{ServiceTokenId, Timestamp};

use super::StoreError;

/// What is known of a service token. Of one that was revoked before anybody saw it, that is its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// Its id.
    pub id: ServiceTokenId,
    /// The service's name.
    pub subject: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The first moment at which it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was last accepted, as far as that was written down.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
}

/// Reads service tokens.
#[async_trait]
pub trait ServiceTokenReads {
    /// Finds one.
    async fn find_service_token(
        &self,
        id: ServiceTokenId,
    ) -> Result<Option<ServiceToken>, StoreError>;

    /// Returns all, in the order of their ids.
    async fn all_service_tokens(&self) -> Result<Vec<ServiceToken>, StoreError>;

    /// Returns which of these are revoked.
    async fn revoked_among(
        &self,
        ids: &BTreeSet<ServiceTokenId>,
    ) -> Result<BTreeSet<ServiceTokenId>, StoreError>;
}

/// Changes service tokens.
#[async_trait]
pub trait ServiceTokenWrites {
    /// Adds tokens that are not there yet, and notes when the others were last used.
    async fn save_service_tokens(&mut self, tokens: &[ServiceToken]) -> Result<(), StoreError>;

    /// Revokes a token, whether it is there or not; returns whether it was not revoked before.
    async fn revoke_service_token(
        &mut self,
        id: ServiceTokenId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes those that ended before `limit`.
    async fn delete_service_tokens_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError>;
}
