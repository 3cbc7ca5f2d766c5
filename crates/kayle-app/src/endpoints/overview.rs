//! Shows endpoints with how their latest deliveries went (contract 10).

use kayle_delivery::Delivery;
use kayle_endpoints::Endpoint;
use kayle_primitives::{EndpointId, OrganizationId, Page, PageLimit, PageRequest};

use crate::Webhooks;
use crate::limits::OVERVIEW_DELIVERIES;
use crate::ports::store::{DeliveryFilter, StoreError};

/// An endpoint, and what a person asks first about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointOverview {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Whether its next event can be encrypted.
    pub has_active_key: bool,
    /// Its latest deliveries, newest first, at most [`OVERVIEW_DELIVERIES`].
    pub latest: Vec<Delivery>,
}

impl Webhooks {
    /// Shows one; `None` if the organization has no such endpoint.
    pub async fn overview_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<EndpointOverview>, StoreError> {
        let reads = self.store.reads();
        match reads.find_endpoint(organization_id, id).await? {
            Some(endpoint) => Ok(Some(self.overview(endpoint).await?)),
            None => Ok(None),
        }
    }

    /// Shows a page of them, newest first; `None` if the cursor is unknown.
    pub async fn overview_endpoints(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<Page<EndpointOverview>>, StoreError> {
        let found = self.list_endpoints(organization_id, None, page).await?;
        let Some(Page { items, has_more }) = found else {
            return Ok(None);
        };
        let mut overviews = Vec::with_capacity(items.len());
        for endpoint in items {
            overviews.push(self.overview(endpoint).await?);
        }
        Ok(Some(Page {
            items: overviews,
            has_more,
        }))
    }

    async fn overview(&self, endpoint: Endpoint) -> Result<EndpointOverview, StoreError> {
        let (reads, organization_id) = (self.store.reads(), endpoint.organization_id);
        let one = first_page(PageLimit::ONE);
        let keys = reads
            .list_encryption_keys(organization_id, &endpoint.id, Some(true), &one)
            .await?;
        let filter = DeliveryFilter {
            endpoint_id: Some(endpoint.id.clone()),
            ..DeliveryFilter::default()
        };
        let latest = first_page(OVERVIEW_DELIVERIES);
        let latest = reads.list_deliveries(organization_id, &filter, &latest);
        let latest = latest.await?.map_or_else(Vec::new, |page| page.items);
        Ok(EndpointOverview {
            has_active_key: !keys.items.is_empty(),
            endpoint,
            latest,
        })
    }
}

fn first_page<C>(limit: PageLimit) -> PageRequest<C> {
    PageRequest {
        limit,
        starting_after: None,
    }
}
