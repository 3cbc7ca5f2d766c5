//! A transaction: a view of its own, and the turn to replace the committed one.

use std::sync::Arc;

use async_trait::async_trait;
use kayle_app::ports::store::{Reads, StoreError, StoreTx};
use tokio::sync::OwnedMutexGuard;

use super::view::View;

/// All that can be written is implemented on it, by repository.
pub(super) struct MemoryTx {
    pub(super) view: View,
    committed: Arc<View>,
    _turn: OwnedMutexGuard<()>,
}

impl MemoryTx {
    pub(super) fn begin(
        committed: &Arc<View>,
        turn: OwnedMutexGuard<()>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            view: committed.fork()?,
            committed: Arc::clone(committed),
            _turn: turn,
        })
    }
}

#[async_trait]
impl StoreTx for MemoryTx {
    fn reads(&self) -> &dyn Reads {
        &self.view
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.committed.replace_with(&self.view)
    }
}
