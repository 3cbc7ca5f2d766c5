//! A node shows that it is there, that it can write, and which secret keys it knows.

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
            version: version.to_owned(),
            key_ids: self.keys.key_ids(),
            seen_at,
        };
        let mut tx = self.store.unaudited().await?;
        tx.save_node(&node).await?;
        tx.delete_nodes_seen_before(seen_at.minus(NODE_REMEMBERED))
            .await?;
        tx.commit().await
    }

    /// Notes that the node stops: nobody has to wait until it is forgotten.
    pub async fn check_out(&self, id: Uuid) -> Result<(), StoreError> {
        let mut tx = self.store.unaudited().await?;
        tx.delete_node(id).await?;
        tx.commit().await
    }
}
