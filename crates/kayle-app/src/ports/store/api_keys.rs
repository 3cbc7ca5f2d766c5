//! API keys in the store: by the hash of their plaintext, never by the plaintext.

use async_trait::async_trait;
use kayle_primitives::Organization;

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
}

/// Changes API keys.
#[async_trait]
pub trait ApiKeyWrites {
    /// Adds one.
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &str) -> Result<(), StoreError>;
}
