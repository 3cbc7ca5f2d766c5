//! Deliveries in the store, as people see and change them. The dispatcher's side is the queue.

use async_trait::async_trait;
use kayle_delivery::{Attempt, AttemptFailure, CompactJwe, Delivery, DeliveryStatus};
use kayle_events::EventType;
use kayle_primitives::{
    DeliveryId, EndpointId, EventId, OrganizationId, Page, PageRequest, SessionId, Timestamp,
};

use super::{Batch, Portion, StoreError};

/// Which deliveries to list; `None` means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// In this status.
    pub status: Option<DeliveryStatus>,
    /// For this endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Of this event.
    pub event_id: Option<EventId>,
    /// Of this session's events.
    pub session_id: Option<SessionId>,
    /// Whether tests are meant too.
    pub with_tests: bool,
}

/// Which failed deliveries to retry: those whose last attempt began in the span, both ends
/// included. `None` means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFilter {
    /// The beginning of the span.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// To this endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Of an event of this type.
    pub event_type: Option<EventType>,
    /// Whose last attempt failed for this reason.
    pub failure_reason: Option<AttemptFailure>,
}

/// How many failed deliveries there are, each counted up to a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailedCounts {
    /// Whose payload is stored.
    pub retained: usize,
    /// Whose payload is gone.
    pub not_retained: usize,
    /// Whose payload is gone because the person withdrew.
    pub withdrawn: usize,
}

/// Where a walk over failed deliveries has come to: the last attempt, and the id.
pub type FailedPlace = (Timestamp, DeliveryId);

/// A part of a walk over failed deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPortion {
    /// Those that are still failed and can be read, locked.
    pub deliveries: Vec<Delivery>,
    /// Where the next portion goes on; `None` if there is nothing beyond.
    pub last: Option<FailedPlace>,
}

/// A pending delivery's place in the queue of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePlace<'a> {
    /// Its endpoint.
    pub endpoint_id: &'a EndpointId,
    /// When it is due.
    pub due_at: Timestamp,
    /// Its id.
    pub id: &'a DeliveryId,
}

/// A delivery as fan-out made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// The failed attempt of a delivery that could not be encrypted.
    pub attempt: Option<Attempt>,
    /// The payload; `None` for such a delivery.
    pub jwe: Option<CompactJwe>,
}

/// Whose waiting deliveries are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumeScope {
    /// Those of one endpoint, unless its organization is frozen.
    Endpoint(EndpointId),
    /// Those of all enabled endpoints.
    Organization,
}

/// Reads deliveries.
#[async_trait]
pub trait DeliveryReads {
    /// Finds one.
    async fn find_delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError>;

    /// Returns all recorded attempts of a delivery, in the order they were made.
    async fn attempts_of(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Vec<Attempt>, StoreError>;

    /// Counts failed deliveries that are no tests, each kind up to `most`.
    async fn count_failed(
        &self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        most: usize,
    ) -> Result<FailedCounts, StoreError>;

    /// Counts the pending deliveries of an endpoint that stand before a place in its queue, up to
    /// `most`; none of another organization's endpoint.
    async fn count_due_before(
        &self,
        organization_id: OrganizationId,
        place: DuePlace<'_>,
        most: usize,
    ) -> Result<usize, StoreError>;

    /// Returns when the newest tests of an endpoint were made, newest first: at most so many, and
    /// only those after `since`.
    async fn tests_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError>;

    /// Returns a page, newest first; `None` if the cursor names no delivery of the organization.
    async fn list_deliveries(
        &self,
        organization_id: OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Option<Page<Delivery>>, StoreError>;

    /// Returns the latest deliveries of each of the endpoints, at most so many of each, newest
    /// first.
    async fn latest_deliveries(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
        most: usize,
    ) -> Result<Vec<Delivery>, StoreError>;
}

/// Changes deliveries. What was locked stays as it is until the transaction ends.
#[async_trait]
pub trait DeliveryWrites {
    /// Adds deliveries with their payloads.
    async fn insert_deliveries(&mut self, deliveries: &[NewDelivery]) -> Result<(), StoreError>;

    /// Finds one and locks it.
    async fn lock_delivery(
        &mut self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError>;

    /// Locks failed deliveries that store a payload, in the order of their last attempts, from
    /// beyond a place on, and returns up to `limit`.
    async fn lock_failed(
        &mut self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        after: Option<&FailedPlace>,
        limit: usize,
    ) -> Result<FailedPortion, StoreError>;

    /// Returns all deliveries of an event that can be read, and locks them, in the order of their
    /// ids.
    async fn lock_deliveries_of_event(
        &mut self,
        organization_id: OrganizationId,
        event_id: &EventId,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Returns all deliveries of a session's events, each with its event's type, and locks them, in
    /// the order of their ids.
    async fn lock_deliveries_of_session(
        &mut self,
        session_id: &SessionId,
    ) -> Result<Batch<(EventType, Delivery)>, StoreError>;

    /// Gives up every delivery of an endpoint that stores a payload: exactly what
    /// `step(EndpointDeleted)` does to each. Returns how many there were.
    async fn drop_deliveries_of_endpoint(
        &mut self,
        endpoint_id: &EndpointId,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Returns a portion of the deliveries whose payload's retention is over, and locks them, the
    /// longest over first.
    async fn lock_expired_payloads(
        &mut self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Delivery>, StoreError>;

    /// Deletes the bytes of deliveries that cannot be read: nothing else can be done for whom they
    /// are about. The rows stay as they are.
    async fn erase_payloads(&mut self, unreadable: &[String]) -> Result<(), StoreError>;

    /// Saves locked deliveries; the bytes of scrubbed payloads are deleted with it.
    async fn save_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError>;

    /// Makes waiting deliveries due at once, held or not: exactly what `step(Resumed)` does to
    /// each. Returns how many changed.
    async fn resume_deliveries(
        &mut self,
        organization_id: OrganizationId,
        scope: &ResumeScope,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}
