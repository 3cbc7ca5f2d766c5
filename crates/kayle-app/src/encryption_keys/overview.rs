//! Shows encryption keys with how many deliveries still need them (contract 14.12).

use kayle_endpoints::EncryptionKey;
use kayle_primitives::EncryptionKeyId;

use crate::Webhooks;
use crate::limits::RETAINED_COUNTED_MAX;
use crate::ports::store::StoreError;

/// A key, and what a person asks before it is thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionKeyOverview {
    /// The key.
    pub key: EncryptionKey,
    /// How many stored payloads are encrypted to it, at most [`RETAINED_COUNTED_MAX`].
    pub retained_deliveries: usize,
}

impl EncryptionKeyOverview {
    /// Shows a key that is about to be used for the first time.
    pub fn unused(key: EncryptionKey) -> Self {
        Self {
            key,
            retained_deliveries: 0,
        }
    }
}

impl Webhooks {
    /// Shows one key.
    pub async fn overview_encryption_key(
        &self,
        key: EncryptionKey,
    ) -> Result<EncryptionKeyOverview, StoreError> {
        let counts = self.count_retained(&[&key.id]).await?;
        Ok(EncryptionKeyOverview {
            retained_deliveries: counts.first().copied().unwrap_or(0),
            key,
        })
    }

    /// Shows keys, in the given order.
    pub async fn overview_encryption_keys(
        &self,
        keys: Vec<EncryptionKey>,
    ) -> Result<Vec<EncryptionKeyOverview>, StoreError> {
        let ids: Vec<&EncryptionKeyId> = keys.iter().map(|key| &key.id).collect();
        let counts = self.count_retained(&ids).await?;
        let overviews = keys.into_iter().zip(counts);
        let overview = |(key, retained_deliveries)| EncryptionKeyOverview {
            key,
            retained_deliveries,
        };
        Ok(overviews.map(overview).collect())
    }

    async fn count_retained(&self, ids: &[&EncryptionKeyId]) -> Result<Vec<usize>, StoreError> {
        let reads = self.store.reads();
        reads
            .count_retained_of_keys(ids, RETAINED_COUNTED_MAX)
            .await
    }
}
