//! What the store knows of the operator's secret keys: which are in use, and what is left of
//! retired ones.

use async_trait::async_trait;
use kayle_crypto::Sealed;
use kayle_primitives::{EndpointId, Timestamp};
use strum::{EnumIter, IntoStaticStr};

use super::StoreError;

/// What is kept under a secret key, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum KeptUnderKey {
    /// Signing secrets, which are sealed.
    SigningSecrets,
    /// API keys, which are hashed.
    ApiKeys,
    /// What is left of retired keys, which is sealed.
    RetiredKeys,
}

/// How much of one kind is kept under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// What is kept.
    pub kind: KeptUnderKey,
    /// The key's id; `None` for what was hashed before ids were kept.
    pub key_id: Option<String>,
    /// How many rows.
    pub rows: u64,
}

/// What recognises the hashes of a key that is no longer in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key's id.
    pub id: String,
    /// Its subkeys, sealed under a key that is in use.
    pub sealed: Sealed,
    /// When it was first retired.
    pub retired_at: Timestamp,
}

/// Reads what is known of secret keys.
#[async_trait]
pub trait SecretKeyReads {
    /// Names the keys that something of this kind is kept under, in the order of their ids. Takes
    /// as many steps as there are keys, however many rows there are.
    async fn key_ids_in_use(&self, kind: KeptUnderKey) -> Result<Vec<String>, StoreError>;

    /// Counts what is kept under each key, by kind and id; reads an index as a whole.
    async fn count_key_uses(&self) -> Result<Vec<KeyUse>, StoreError>;

    /// Returns all retired keys, in the order of their ids.
    async fn retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError>;
}

/// Changes what is kept under secret keys.
#[async_trait]
pub trait SecretKeyWrites {
    /// Replaces a sealed signing secret by the same one sealed anew; returns whether it did: it was
    /// not replaced meanwhile. That is no change of the endpoint.
    async fn reseal_signing_secret(
        &mut self,
        id: &EndpointId,
        from: &Sealed,
        to: &Sealed,
    ) -> Result<bool, StoreError>;

    /// Inserts a retired key, or replaces what it is sealed as.
    async fn save_retired_key(&mut self, key: &RetiredKey) -> Result<(), StoreError>;

    /// Deletes a retired key, if there is one: it is in use again.
    async fn delete_retired_key(&mut self, id: &str) -> Result<(), StoreError>;
}
