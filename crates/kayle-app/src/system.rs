//! Shows operators how the installation does.

use crate::Webhooks;
use crate::limits::{BUSIEST_ORGANIZATIONS, BUSIEST_SPAN, NODE_REMEMBERED};
use crate::ports::store::{FullAt, Gauges, Node, OrganizationLoad, StoreError, SystemReads};

/// How the installation does at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemReport {
    /// What waits, and what should not be there any more.
    pub gauges: Gauges,
    /// The processes that were seen within a day, those seen last first.
    pub nodes: Vec<Node>,
    /// The organizations that make it do the most.
    pub busiest: Vec<OrganizationLoad>,
}

impl Webhooks {
    /// Reads it, by statements that cost the same however much there is.
    pub async fn show_system(
        &self,
        reads: &dyn SystemReads,
        full_at: FullAt,
    ) -> Result<SystemReport, StoreError> {
        let now = self.clock.now();
        let nodes = self
            .store
            .reads()
            .nodes_seen_since(now.minus(NODE_REMEMBERED));
        let mut nodes = nodes.await?;
        nodes.sort_by_key(|node| (std::cmp::Reverse(node.seen_at), node.id));
        let busiest = reads.busiest_organizations(now.minus(BUSIEST_SPAN), BUSIEST_ORGANIZATIONS);
        Ok(SystemReport {
            busiest: busiest.await?,
            gauges: reads.gauges(now, full_at).await?,
            nodes,
        })
    }
}
