//! Gets and lists events with their deliveries (contract 3.5, V1 and V2).

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
