//! API keys in the store: by the hash of their plaintext, never by the plaintext.

use async_trait::async_trait;
use kayle_primitives::{ApiKeyId, Organization, OrganizationId, Page, PageRequest};

use super::StoreError;
use crate::access::ApiKey;

/// Reads API keys.
#[async_trait]
pub trait ApiKeyReads {
    /// Finds the key whose plaintext has one of these hashes (one per secret key of the ring), and
    /// the organization it belongs to.
    async fn find_api_key(
        &self,
        hashes: &[String],
    ) -> Result<Option<(ApiKey, Organization)>, StoreError>;

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
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &str) -> Result<(), StoreError>;

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
}
