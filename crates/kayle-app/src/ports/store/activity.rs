//! Activity in the store (contract 14.3): what each process counted, minute by minute, and what
//! that was merged into, hour by hour.

use std::time::Duration;

use async_trait::async_trait;
use kayle_delivery::activity::{Activity, Counts, Span};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use uuid::Uuid;

use super::{Batch, StoreError};

/// How long the buckets are that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// A minute, as each process writes it.
    Minute,
    /// An hour, of all processes.
    Hour,
}

impl Resolution {
    /// Returns the length.
    pub fn duration(self) -> Duration {
        match self {
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
        }
    }
}

/// What a row of activity is about. No two rows have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivityKey {
    /// Whose activity it is.
    pub organization_id: OrganizationId,
    /// Of which endpoint; `None` for all of them together, deleted ones too.
    pub endpoint_id: Option<EndpointId>,
    /// How long the bucket is.
    pub resolution: Resolution,
    /// When it begins.
    pub at: Timestamp,
    /// The process that counted it; `None` for what was merged.
    pub writer: Option<Uuid>,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// Of what.
    pub key: ActivityKey,
    /// How much.
    pub activity: Activity,
}

/// What was counted of one endpoint, or of all together, in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourCounts {
    /// Of which endpoint; `None` for all of them together.
    pub endpoint_id: Option<EndpointId>,
    /// When the hour begins.
    pub at: Timestamp,
    /// How much.
    pub counts: Counts,
}

/// Deliveries of one endpoint, or of all of an organization, as they are at the moment. Each count
/// stops at a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Those that wait for their time.
    pub pending: usize,
    /// Those that a dispatcher has.
    pub delivering: usize,
    /// Those that wait for their endpoint or organization to be enabled.
    pub held: usize,
    /// Those that failed and can be retried: their payload is stored.
    pub retained_payloads: usize,
    /// When the one was due that has been due the longest; `None` if none is.
    pub oldest_due_at: Option<Timestamp>,
}

/// Reads activity.
#[async_trait]
pub trait ActivityReads {
    /// Returns the rows of an organization in a span, of each of these (`None` is all endpoints
    /// together), in no order. What was merged is not returned a second time.
    async fn activity_rows(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<ActivityRow>, StoreError>;

    /// Adds the same rows up by the hour, without how long anything took: a few numbers for each
    /// hour in which something was counted, in no order.
    async fn activity_by_hour(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<HourCounts>, StoreError>;

    /// Returns since when activity is counted in this store.
    async fn activity_known_since(&self) -> Result<Timestamp, StoreError>;

    /// Counts deliveries as they are, each kind up to `most`; of one endpoint, or of all.
    async fn waiting(
        &self,
        organization_id: OrganizationId,
        endpoint_id: Option<&EndpointId>,
        now: Timestamp,
        most: usize,
    ) -> Result<Waiting, StoreError>;
}

/// Writes activity.
#[async_trait]
pub trait ActivityWrites {
    /// Writes rows, each in the place of the one with the same key.
    async fn save_activity(&mut self, rows: &[ActivityRow]) -> Result<(), StoreError>;

    /// Returns the rows with these keys that there are, and locks them.
    async fn lock_activity(&mut self, keys: &[ActivityKey])
    -> Result<Vec<ActivityRow>, StoreError>;

    /// Deletes up to `limit` rows of buckets that began before a moment, the oldest first, and
    /// returns them. Those that cannot be read are deleted all the same.
    async fn take_activity(
        &mut self,
        resolution: Resolution,
        before: Timestamp,
        limit: usize,
    ) -> Result<Batch<ActivityRow>, StoreError>;
}
