//! Deleting by age in memory.

use async_trait::async_trait;
use kayle_app::ports::store::PurgeWrites;

use super::transaction::MemoryTx;

#[async_trait]
impl PurgeWrites for MemoryTx {}
