//! Deleting rows by age.

use async_trait::async_trait;
use kayle_primitives::Timestamp;

use super::StoreError;

/// Deletes rows by age, a batch at a time; each method gives how many rows it deleted or changed.
#[async_trait]
pub trait PurgeWrites {
    /// Deletes up to `limit` events made before a moment of whose deliveries none stores a payload,
    /// with their deliveries and the attempts of those.
    async fn purge_events(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Deletes up to `limit` sessions that ended before a moment, with their attempts. Their events
    /// stay: they live on their own clock.
    async fn purge_sessions(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Clears the redirect URL of up to `limit` sessions that ended before a moment and have one.
    async fn minimize_sessions(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError>;
}
