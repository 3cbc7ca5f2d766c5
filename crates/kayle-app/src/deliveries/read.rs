//! Gets and lists deliveries (contract 3.4, L1; D12).

use kayle_delivery::{Attempt, Delivery};
use kayle_primitives::{DeliveryId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::ports::store::{DeliveryFilter, StoreError};

/// A delivery with the history of its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryWithAttempts {
    /// The delivery.
    pub delivery: Delivery,
    /// Every recorded attempt, in the order they were made, those before a requeue included.
    pub attempts: Vec<Attempt>,
}

impl Webhooks {
    /// Gets one; `None` if the organization has no such delivery.
    pub async fn get_delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<DeliveryWithAttempts>, StoreError> {
        let reads = self.store.reads();
        let Some(delivery) = reads.find_delivery(organization_id, id).await? else {
            return Ok(None);
        };
        let attempts = reads.attempts_of(organization_id, id).await?;
        Ok(Some(DeliveryWithAttempts { delivery, attempts }))
    }

    /// Lists a page, newest first; `None` if the cursor is unknown.
    pub async fn list_deliveries(
        &self,
        organization_id: OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Option<Page<Delivery>>, StoreError> {
        self.store
            .reads()
            .list_deliveries(organization_id, filter, page)
            .await
    }
}
