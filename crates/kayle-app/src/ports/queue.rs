//! The queue: the store's deliveries as the dispatcher sees them, in batches.
//!
//! A commit costs the same for one row as for a hundred; so every method takes or gives many.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_crypto::Sealed;
use kayle_delivery::{CompactJwe, Delivery, Lease, LeaseHolder, Step};
use kayle_endpoints::{Endpoint, Retention, RetryScheduleName};
use kayle_events::Event;
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};

use super::store::{Batch, Portion, StoreError};

/// Takes leases on due deliveries and writes what came of them.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// Leases up to `limit` deliveries that are due, the longest due first: exactly what
    /// `step(Claimed)` does to each, for all at once. Two claims never take the same delivery.
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError>;

    /// Returns the deliveries that `holder` still has: the last look before anything is sent.
    async fn still_held(&self, holder: &LeaseHolder) -> Result<Vec<DeliveryId>, StoreError>;

    /// Writes all of `settlements` in one transaction, each only if its lease is still held;
    /// answers in the same order.
    ///
    /// A settlement that holds a delivery becomes pending instead if its endpoint and its
    /// organization are enabled by then: whoever enabled them has already released what was held.
    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError>;

    /// Returns a portion of the deliveries whose lease has run out, the longest first.
    async fn expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<ExpiredLease>, StoreError>;

    /// Returns when the next pending delivery is due; `None` if none is pending.
    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// What a dispatcher has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Deliveries due at this moment or before are taken.
    pub now: Timestamp,
    /// The most deliveries to take.
    pub limit: usize,
    /// The hold to put on each.
    pub lease: Lease,
    /// The most deliveries to take for one endpoint.
    pub room_per_endpoint: usize,
    /// Endpoints that have less room than that, 0 included.
    pub busy_endpoints: BTreeMap<EndpointId, usize>,
}

/// A leased delivery with all that an attempt needs, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The delivery, now delivering.
    pub delivery: Delivery,
    /// The event that it brings.
    pub event: Event,
    /// The bytes to send.
    pub jwe: CompactJwe,
    /// Where to; `None` if the endpoint was deleted.
    pub endpoint: Option<ClaimedEndpoint>,
    /// Whether the event's session was withdrawn or cancelled.
    pub session_suppressed: bool,
    /// Whether the organization is frozen.
    pub organization_frozen: bool,
}

/// An endpoint with its sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its secret; `None` if the row has lost it.
    pub signing_secret: Option<Sealed>,
}

/// The end of one claim on one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The claim: the change is written only while it holds the delivery.
    pub holder: LeaseHolder,
    /// What to write.
    pub step: Step,
}

/// Whether a settlement was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    Written,
    /// The lease was no longer held: nothing was written.
    LeaseLost,
    /// The store does not take it, however often it is offered: nothing was written.
    Refused,
}

/// A delivery whose dispatcher is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredLease {
    /// The delivery, still delivering.
    pub delivery: Delivery,
    /// The schedule of its endpoint; the default if the endpoint is gone.
    pub retry_schedule: RetryScheduleName,
    /// The retention of its endpoint; 168 hours if the endpoint is gone (contract 7.7).
    pub retention: Retention,
}
