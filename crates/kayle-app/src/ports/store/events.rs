//! Events in the store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_delivery::Delivery;
use kayle_delivery::fanout::PassedOver;
use kayle_events::{Event, EventType};
use kayle_primitives::{EventId, OrganizationId, Page, PageRequest, SessionId, Timestamp};

use super::StoreError;

/// Which events to list; `None` means any. Both bounds are inclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this type.
    pub event_type: Option<EventType>,
    /// Of this session.
    pub session_id: Option<SessionId>,
    /// Not created before.
    pub created_from: Option<Timestamp>,
    /// Not created after.
    pub created_to: Option<Timestamp>,
    /// Whether tests are meant too.
    pub with_tests: bool,
}

/// An event with all of its deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventWithDeliveries {
    /// The event.
    pub event: Event,
    /// Its deliveries, in the order of their ids.
    pub deliveries: Vec<Delivery>,
    /// Endpoints that got none; nobody where that was not recorded.
    pub passed_over: Vec<PassedOver>,
}

/// An event as fan-out made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The event.
    pub event: Event,
    /// Endpoints that got no delivery of it.
    pub passed_over: Vec<PassedOver>,
}

impl From<Event> for NewEvent {
    /// Returns an event that passed over nobody.
    fn from(event: Event) -> Self {
        Self {
            event,
            passed_over: Vec::new(),
        }
    }
}

/// Reads events.
#[async_trait]
pub trait EventReads {
    /// Finds one.
    async fn find_event(
        &self,
        organization_id: OrganizationId,
        id: &EventId,
    ) -> Result<Option<EventWithDeliveries>, StoreError>;

    /// Returns a page, newest first; `None` if the cursor names no event of the organization.
    async fn list_events(
        &self,
        organization_id: OrganizationId,
        filter: &EventFilter,
        page: &PageRequest<EventId>,
    ) -> Result<Option<Page<EventWithDeliveries>>, StoreError>;

    /// Returns the types of events of the organization by their ids; others are left out.
    async fn event_types(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<BTreeMap<EventId, EventType>, StoreError>;
}

/// Changes events.
#[async_trait]
pub trait EventWrites {
    /// Adds events.
    async fn insert_events(&mut self, events: &[NewEvent]) -> Result<(), StoreError>;
}
