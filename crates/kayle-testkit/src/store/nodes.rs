//! Nodes in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{Node, NodeWrites, StoreError};
use kayle_primitives::Timestamp;

use super::transaction::MemoryTx;

#[async_trait]
impl NodeWrites for MemoryTx {
    async fn save_node(&mut self, node: &Node) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables.nodes.insert(node.id, node.clone());
            Ok(())
        })
    }

    async fn delete_nodes_seen_before(&mut self, limit: Timestamp) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables.nodes.retain(|_, node| limit <= node.seen_at);
            Ok(())
        })
    }
}
