//! API keys in the store: by the hash of their plaintext, never by the plaintext.

use async_trait::async_trait;
use kayle_primitives::{ApiKeyId, Organization, OrganizationId, Page, PageRequest};

use super::StoreError;
use crate::access::ApiKey;

/// The keyed hash of a key's plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyHash {
    /// The hash: 64 lowercase hex digits.
    pub hash: String,
    /// The id of the secret key that it was made with; `None` for one from before ids were kept.
    pub key_id: Option<String>,
}

/// A key that was found by its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundApiKey {
    /// The key.
    pub key: ApiKey,
    /// Whose it is.
    pub organization: Organization,
    /// The hash that is stored of it.
    pub hash: ApiKeyHash,
}

/// A key that is to be stored under another hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehash {
    /// The key.
    pub id: ApiKeyId,
    /// The hash that is stored.
    pub from: String,
    /// The one that is to be.
    pub to: ApiKeyHash,
}

/// Reads API keys.
#[async_trait]
pub trait ApiKeyReads {
    /// Finds the key whose plaintext has one of these hashes (one per secret key of the ring), and
    /// the organization it belongs to.
    async fn find_api_key(&self, hashes: &[String]) -> Result<Option<FoundApiKey>, StoreError>;

    /// Counts the keys of an organization, up to `at_most`.
    async fn count_api_keys(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError>;

    /// Returns a page in the order of the ids, after the cursor.
    async fn list_api_keys(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<ApiKeyId>,
    ) -> Result<Page<ApiKey>, StoreError>;
}

/// Changes API keys.
#[async_trait]
pub trait ApiKeyWrites {
    /// Adds one.
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &ApiKeyHash) -> Result<(), StoreError>;

    /// Finds one and locks it.
    async fn lock_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError>;

    /// Saves a locked key, but for its request count.
    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError>;

    /// Deletes one; tells whether there was one.
    async fn delete_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<bool, StoreError>;

    /// Adds to the request counts of keys; those that are gone are passed over.
    async fn count_requests(&mut self, counts: &[(ApiKeyId, u64)]) -> Result<(), StoreError>;

    /// Stores a key under another hash, unless it is gone or has another one meanwhile. That is no
    /// change of the key.
    async fn rehash_api_key(&mut self, rehash: &Rehash) -> Result<(), StoreError>;
}
