//! A node shows that it is there, and that it can write.

use uuid::Uuid;

use crate::Webhooks;
use crate::limits::NODE_REMEMBERED;
use crate::ports::store::{Node, NodeRole, StoreError};

impl Webhooks {
    /// Writes that the node is there, the way that a report is written: who can do this can accept
    /// reports (contract 14.15). Forgets nodes that have been away for a day.
    pub async fn check_in(
        &self,
        id: Uuid,
        role: NodeRole,
        version: &'static str,
    ) -> Result<(), StoreError> {
        let seen_at = self.clock.now();
        let node = Node {
            id,
            role,
            version,
            seen_at,
        };
        let mut tx = self.store.unaudited().await?;
        tx.save_node(&node).await?;
        tx.delete_nodes_seen_before(seen_at.minus(NODE_REMEMBERED))
            .await?;
        tx.commit().await
    }
}
