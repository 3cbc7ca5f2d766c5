//! Gets and lists events with their deliveries (contract 3.5, V1 and V2).

use std::collections::BTreeMap;

use kayle_events::EventType;
use kayle_primitives::{EventId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::ports::store::{EventFilter, EventWithDeliveries, StoreError};

impl Webhooks {
    /// Gets one; `None` if the organization has no such event.
    pub async fn get_event(
        &self,
        organization_id: OrganizationId,
        id: &EventId,
    ) -> Result<Option<EventWithDeliveries>, StoreError> {
        self.store.reads().find_event(organization_id, id).await
    }

    /// Returns the types of events by their ids; those of others are left out.
    pub async fn event_types(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<BTreeMap<EventId, EventType>, StoreError> {
        self.store.reads().event_types(organization_id, ids).await
    }

    /// Lists a page, newest first; `None` if the cursor is unknown.
    pub async fn list_events(
        &self,
        organization_id: OrganizationId,
        filter: &EventFilter,
        page: &PageRequest<EventId>,
    ) -> Result<Option<Page<EventWithDeliveries>>, StoreError> {
        self.store
            .reads()
            .list_events(organization_id, filter, page)
            .await
    }
}
