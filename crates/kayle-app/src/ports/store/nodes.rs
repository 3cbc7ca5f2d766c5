//! Nodes: the processes that share the database.

use async_trait::async_trait;
use kayle_primitives::Timestamp;
use strum::IntoStaticStr;
use uuid::Uuid;

use super::StoreError;

/// A running process of the service, as it shows itself to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Made at its start: a process that is started again is another node.
    pub id: Uuid,
    /// What it does.
    pub role: NodeRole,
    /// The version of the program.
    pub version: &'static str,
    /// When it last showed itself.
    pub seen_at: Timestamp,
}

/// What a node does of the service (contract 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum NodeRole {
    /// Everything.
    All,
    /// Answers callers.
    Api,
    /// Sends and sweeps.
    Dispatcher,
}

impl NodeRole {
    /// Returns the role's name, as it is stored.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Writes about nodes.
#[async_trait]
pub trait NodeWrites {
    /// Inserts the node, or replaces what is stored of it. Fails as unavailable if there is no
    /// room for a report, even if there is for this.
    async fn save_node(&mut self, node: &Node) -> Result<(), StoreError>;

    /// Deletes the nodes that were last seen before `limit`.
    async fn delete_nodes_seen_before(&mut self, limit: Timestamp) -> Result<(), StoreError>;
}
