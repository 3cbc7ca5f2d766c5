//! The queue: the store's deliveries as the dispatcher sees them, in batches.
//!
//! A commit costs the same for one row as for a hundred; so every method takes or gives many.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_crypto::Sealed;
use kayle_delivery::{CompactJwe, Delivery, Lease, LeaseHolder, Step};
use kayle_endpoints::{DeliveryPolicy, Destination, Endpoint};
use kayle_events::Event;
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};

use super::store::{Batch, Portion, StoreError};

/// Takes leases on due deliveries and writes what came of them.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// Leases due deliveries as far as there is room, the longest due first: exactly what
    /// `step(Claimed)` does to each, for all at once. Two claims never take the same delivery.
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError>;

    /// Returns those of the deliveries that are still leased to `holder`: the last look before
    /// anything is sent.
    async fn still_leased_to(
        &self,
        holder: &LeaseHolder,
        ids: &[DeliveryId],
    ) -> Result<Vec<DeliveryId>, StoreError>;

    /// Writes all of `settlements` in one transaction, each only while its lease lasts;
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

    /// Returns the policies of endpoints. One that was deleted has the policy of those; one that
    /// cannot be read is reported and left out.
    async fn policies(
        &self,
        endpoints: &BTreeSet<EndpointId>,
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError>;

    /// Returns when the next pending delivery is due; `None` if none is pending.
    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// What a claim takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Deliveries due at this moment or before are taken.
    pub now: Timestamp,
    /// The lease to put on each.
    pub lease: Lease,
    /// How many to take.
    pub room: Room,
}

/// What a dispatcher has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Requests, all endpoints together.
    pub total: usize,
    /// Requests to one endpoint.
    pub per_endpoint: usize,
    /// Endpoints that have less room than that, 0 included.
    pub busy_endpoints: BTreeMap<EndpointId, usize>,
    /// Requests to one host and port, all endpoints there together.
    pub per_destination: usize,
    /// Destinations that have less room than that, 0 included.
    pub busy_destinations: BTreeMap<Destination, usize>,
}

/// A leased delivery with all that an attempt needs, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The delivery, now delivering.
    pub delivery: Delivery,
    /// When it was to be attempted.
    pub due_at: Timestamp,
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
    /// The claim: the change is written only while the delivery is leased to it.
    pub holder: LeaseHolder,
    /// What to write.
    pub step: Step,
}

/// Whether a settlement was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The settlement was stored.
    Written,
    /// Its lease had been taken away: nothing was written.
    LeaseLost,
    /// The store does not take it, however often it is offered: nothing was written.
    Refused,
}

/// A delivery whose dispatcher is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredLease {
    /// The delivery, still delivering.
    pub delivery: Delivery,
    /// What its endpoint wants done with it.
    pub policy: DeliveryPolicy,
}
