//! Encryption keys in the store: at most one active per endpoint.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest, Timestamp};

use super::StoreError;

/// A key, and the challenge that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedKey {
    /// The key.
    pub key: EncryptionKey,
    /// Its challenge, which may have expired.
    pub challenge: Option<KeyChallenge>,
}

/// A challenge as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChallenge {
    /// The keyed hash of its nonce.
    pub nonce_hash: String,
    /// The first moment at which the nonce is not taken any more.
    pub expires_at: Timestamp,
}

/// Reads encryption keys.
#[async_trait]
pub trait EncryptionKeyReads {
    /// Returns a page in the order of the ids, after the cursor as a text; empty for an unknown
    /// endpoint.
    async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError>;

    /// Finds one of an endpoint's.
    async fn find_encryption_key(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        id: &EncryptionKeyId,
    ) -> Result<Option<EncryptionKey>, StoreError>;

    /// Returns those of the endpoints that have an active key.
    async fn with_active_key(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
    ) -> Result<BTreeSet<EndpointId>, StoreError>;

    /// Returns when the newest keys of an endpoint were registered, newest first: at most so many,
    /// and only those after `since`.
    async fn registrations_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError>;

    /// Counts the stored payloads that are encrypted to each of the keys, in the same order, each
    /// no further than `at_most`.
    async fn count_retained_of_keys(
        &self,
        ids: &[&EncryptionKeyId],
        at_most: usize,
    ) -> Result<Vec<usize>, StoreError>;
}

/// Changes encryption keys.
#[async_trait]
pub trait EncryptionKeyWrites {
    /// Adds a key; if it is active, the endpoint's active one, if any, is disabled at the new one's
    /// `created_at`. One at a time per endpoint. Tells whether the endpoint exists; if it does
    /// not, nothing is written.
    async fn register_encryption_key(&mut self, key: &EncryptionKey) -> Result<bool, StoreError>;

    /// Takes a key out of use; `None` if the organization has no such key. Repeating is allowed.
    async fn deactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError>;

    /// Puts a key back into use, and takes the endpoint's active one, if it is another, out of it.
    /// One at a time per endpoint. `None` if the organization has no such key.
    async fn reactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError>;

    /// Finds a key and takes the turn at its endpoint; `None` if the organization has no such key.
    async fn lock_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
    ) -> Result<Option<LockedKey>, StoreError>;

    /// Puts a challenge, or none, in place of a locked key's.
    async fn set_key_challenge(
        &mut self,
        id: &EncryptionKeyId,
        challenge: Option<&KeyChallenge>,
    ) -> Result<(), StoreError>;

    /// Writes the proof of a locked key, and when it changed.
    async fn save_key_proof(&mut self, key: &EncryptionKey) -> Result<(), StoreError>;
}
