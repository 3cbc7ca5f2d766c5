//! Nodes in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{Node, NodeReads, NodeWrites, StoreError};
use kayle_primitives::Timestamp;
use uuid::Uuid;

use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl NodeReads for View {
    async fn nodes_seen_since(&self, since: Timestamp) -> Result<Vec<Node>, StoreError> {
        let tables = self.tables()?;
        let nodes = tables.nodes.values();
        Ok(nodes
            .filter(|node| since <= node.seen_at)
            .cloned()
            .collect())
    }
}

#[async_trait]
impl NodeWrites for MemoryTx {
    async fn save_node(&mut self, node: &Node) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables.nodes.insert(node.id, node.clone());
            Ok(())
        })
    }

    async fn delete_node(&mut self, id: Uuid) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables.nodes.remove(&id);
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
