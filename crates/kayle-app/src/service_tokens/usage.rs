//! When each service token was last used, since the last time it was written down.
//!
//! Nothing is decided by it: a process that dies takes as much with it, and what the store does not
//! take is noted again with the next use.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use kayle_primitives::ServiceTokenId;

use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::store::{ServiceToken, StoreError};

/// What is not written yet.
#[derive(Debug, Default)]
pub(crate) struct ServiceTokenUsage(Mutex<BTreeMap<ServiceTokenId, ServiceToken>>);

impl ServiceTokenUsage {
    /// Notes that a token was used.
    pub(crate) fn note(&self, token: ServiceToken) {
        self.lock().insert(token.id, token);
    }

    fn take(&self) -> Vec<ServiceToken> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ServiceTokenId, ServiceToken>> {
        self.0.lock().expect("nothing panics while it notes")
    }
}

impl Webhooks {
    /// Writes down when service tokens were last used. One that is not known, because it was made
    /// before tokens were kept, is from then on.
    pub async fn flush_service_token_usage(&self) -> Result<(), StoreError> {
        for batch in self.service_token_usage.take().chunks(SWEEP_BATCH_MAX) {
            let mut tx = self.store.unaudited().await?;
            tx.save_service_tokens(batch).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
