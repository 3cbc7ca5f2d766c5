//! How often each API key was used since the last time it was written down.
//!
//! A write for every request would cost more than most requests do. A process that dies takes the
//! counts of its last half minute with it; nothing is decided by them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use kayle_primitives::ApiKeyId;

use crate::Webhooks;
use crate::ports::store::{StoreError, report_damage};

/// Counts that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyUsage(Mutex<BTreeMap<ApiKeyId, u64>>);

impl ApiKeyUsage {
    /// Counts one request.
    pub(crate) fn count(&self, id: ApiKeyId) {
        self.add([(id, 1)]);
    }

    fn add(&self, counts: impl IntoIterator<Item = (ApiKeyId, u64)>) {
        let mut waiting = self.lock();
        for (id, count) in counts {
            *waiting.entry(id).or_default() += count;
        }
    }

    fn take(&self) -> Vec<(ApiKeyId, u64)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ApiKeyId, u64>> {
        self.0.lock().expect("nothing panics while it counts")
    }
}

impl Webhooks {
    /// Writes down how often API keys were used.
    pub async fn flush_api_key_usage(&self) -> Result<(), StoreError> {
        let counts = self.usage.take();
        if counts.is_empty() {
            return Ok(());
        }
        let written = self.write_counts(&counts).await;
        match written {
            Ok(()) => Ok(()),
            Err(error @ StoreError::Unavailable(_)) => {
                self.usage.add(counts);
                Err(error)
            }
            Err(StoreError::Conflict | StoreError::Corrupt { .. }) => {
                self.write_counts_one_by_one(&counts).await
            }
        }
    }

    /// Writes each count by itself: one key's row that takes none may not keep back all others'.
    async fn write_counts_one_by_one(&self, counts: &[(ApiKeyId, u64)]) -> Result<(), StoreError> {
        for (place, count) in counts.iter().enumerate() {
            match self.write_counts(std::slice::from_ref(count)).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => {
                    self.usage.add(counts.iter().skip(place).copied());
                    return Err(error);
                }
                Err(StoreError::Conflict | StoreError::Corrupt { .. }) => {
                    report_damage(&StoreError::Corrupt {
                        table: "api_keys",
                        column: "request_count",
                        id: count.0.to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    async fn write_counts(&self, counts: &[(ApiKeyId, u64)]) -> Result<(), StoreError> {
        let mut tx = self.store.unaudited().await?;
        tx.count_requests(counts).await?;
        tx.commit().await
    }
}
