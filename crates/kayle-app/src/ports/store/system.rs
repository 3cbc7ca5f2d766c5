//! What operators are shown of the whole installation, of no organization in particular.

use async_trait::async_trait;
use kayle_primitives::{OrganizationId, Timestamp};

use super::StoreError;

/// What the database holds, at one moment. Counts stop somewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauges {
    /// When the oldest due delivery was due whose endpoint has room for another request.
    pub oldest_due_with_room: Option<Timestamp>,
    /// The same of those whose endpoint, or its destination, has as many requests under way as it
    /// may have.
    pub oldest_due_of_full: Option<Timestamp>,
    /// Deliveries that are due.
    pub due: u64,
    /// Deliveries that wait for their time.
    pub later: u64,
    /// Deliveries that wait for their endpoint or organization to be enabled.
    pub held: u64,
    /// Deliveries that a dispatcher has.
    pub delivering: u64,
    /// Payloads that are stored.
    pub payloads: u64,
    /// Payloads that should have been erased so long ago that several sweeps have passed.
    pub payloads_overdue: u64,
    /// Sessions that should have expired so long ago.
    pub sessions_overdue: u64,
}

/// How many requests under way are as many as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullAt {
    /// To one endpoint.
    pub endpoint: usize,
    /// To one host and port.
    pub destination: usize,
}

/// How much an organization makes the service do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationLoad {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Deliveries that were made.
    pub created: u64,
    /// Attempts that were made.
    pub attempts: u64,
    /// Those of them that were not accepted.
    pub failed_attempts: u64,
}

/// Reads what concerns all organizations.
#[async_trait]
pub trait SystemReads: Send + Sync {
    /// Reads the gauges. An endpoint has no room if as many requests are under way to it, or to
    /// its destination, as `full_at` says.
    async fn gauges(&self, now: Timestamp, full_at: FullAt) -> Result<Gauges, StoreError>;

    /// Returns the organizations for which the most deliveries were made since a moment, as far as
    /// activity by the minute is kept; the busiest first.
    async fn busiest_organizations(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<OrganizationLoad>, StoreError>;
}
