//! Nodes: the processes that share the database.

use async_trait::async_trait;
use kayle_primitives::Timestamp;
use strum::{EnumString, IntoStaticStr};
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
    pub version: String,
    /// The ids of the secret keys that it knows, the current one's first; none if it runs a version
    /// that does not tell.
    pub key_ids: Vec<String>,
    /// When it last showed itself.
    pub seen_at: Timestamp,
}

/// What a node does of the service (contract 13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
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

/// Reads about nodes.
#[async_trait]
pub trait NodeReads {
    /// Returns the nodes that were seen since a moment, in the order of their ids.
    async fn nodes_seen_since(&self, since: Timestamp) -> Result<Vec<Node>, StoreError>;
}

/// Writes about nodes.
#[async_trait]
pub trait NodeWrites {
    /// Inserts the node, or replaces what is stored of it. Fails as unavailable if there is no
    /// room for a report, even if there is for this.
    async fn save_node(&mut self, node: &Node) -> Result<(), StoreError>;

    /// Deletes a node that stops.
    async fn delete_node(&mut self, id: Uuid) -> Result<(), StoreError>;

    /// Deletes the nodes that were last seen before `limit`.
    async fn delete_nodes_seen_before(&mut self, limit: Timestamp) -> Result<(), StoreError>;
}
