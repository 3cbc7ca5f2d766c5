//! The store and the queue in memory, with the rules of the real ones.
//!
//! [`MemoryStore`] keeps the committed tables; a transaction works on its own copy of them, which
//! its commit puts in the place of the committed ones. Transactions and the queue's methods take
//! turns, so that everything is serializable; reads outside of them wait for nobody and see what
//! was committed last.

use std::sync::Arc;

use async_trait::async_trait;
use kayle_app::ports::store::{Reads, Store, StoreError, StoreTx};
use tokio::sync::Mutex;

use self::transaction::MemoryTx;
use self::view::View;

mod activity;
mod api_keys;
mod audit;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod invariants;
mod nodes;
mod organizations;
mod page;
mod purge;
mod queue;
mod secret_keys;
mod service_tokens;
mod sessions;
mod sign_in;
mod tables;
mod transaction;
mod view;

/// Keeps everything until it is dropped. As [`Store`] and as `DeliveryQueue` it is the same.
#[derive(Default)]
pub struct MemoryStore {
    committed: Arc<View>,
    turn: Arc<Mutex<()>>,
}

impl MemoryStore {
    /// Lets the next `calls` calls of any port method fail as unavailable, those of open
    /// transactions and commits included. What failed has changed nothing.
    pub fn fail_next(&self, calls: usize) {
        self.committed.faults().fail_next(calls);
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn reads(&self) -> &dyn Reads {
        self.committed.as_ref()
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let transaction = MemoryTx::begin(&self.committed, turn)?;
        Ok(Box::new(transaction))
    }
}
