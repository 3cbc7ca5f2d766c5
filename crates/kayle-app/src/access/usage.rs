//! How often each API key was used since the last time it was written down.
//!
//! A write for every request would cost more than most requests do. A process that dies takes the
//! counts of its last half minute with it; nothing is decided by them. The same goes for keys that
//! are to be hashed under the current secret key: they are met again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use kayle_primitives::ApiKeyId;

use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::store::{Rehash, StoreError, report_damage};

/// What is not written yet.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyUsage(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    counts: BTreeMap<ApiKeyId, u64>,
    rehashes: BTreeMap<ApiKeyId, Rehash>,
}

impl ApiKeyUsage {
    /// Counts one request.
    pub(crate) fn count(&self, id: ApiKeyId) {
        self.add([(id, 1)]);
    }

    fn add(&self, counts: impl IntoIterator<Item = (ApiKeyId, u64)>) {
        let mut waiting = self.lock();
        for (id, count) in counts {
            *waiting.counts.entry(id).or_default() += count;
        }
    }

    /// Notes that a key is to be stored under another hash.
    pub(crate) fn rehash(&self, rehash: Rehash) {
        self.lock().rehashes.insert(rehash.id, rehash);
    }

    fn take(&self) -> Vec<(ApiKeyId, u64)> {
        std::mem::take(&mut self.lock().counts)
            .into_iter()
            .collect()
    }

    fn take_rehashes(&self) -> Vec<Rehash> {
        std::mem::take(&mut self.lock().rehashes)
            .into_values()
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().expect("nothing panics while it counts")
    }
}

impl Webhooks {
    /// Writes down how often API keys were used, and hashes those anew that are not under the
    /// current secret key.
    pub async fn flush_api_key_usage(&self) -> Result<(), StoreError> {
        self.flush_counts().await?;
        self.flush_rehashes().await
    }

    async fn flush_rehashes(&self) -> Result<(), StoreError> {
        for batch in self.usage.take_rehashes().chunks(SWEEP_BATCH_MAX) {
            let mut tx = self.store.unaudited().await?;
            for rehash in batch {
                tx.rehash_api_key(rehash).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn flush_counts(&self) -> Result<(), StoreError> {
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
