//! Gets and lists endpoints (contract 3.2, E2 and E3).

use kayle_endpoints::Endpoint;
use kayle_primitives::{EndpointId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::ports::store::StoreError;

impl Webhooks {
    /// Gets one; `None` if the organization has no such endpoint.
    pub async fn get_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        self.store.reads().find_endpoint(organization_id, id).await
    }

    /// Lists a page, newest first; `None` if the cursor is unknown.
    pub async fn list_endpoints(
        &self,
        organization_id: OrganizationId,
        enabled: Option<bool>,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<Page<Endpoint>>, StoreError> {
        self.store
            .reads()
            .list_endpoints(organization_id, enabled, page)
            .await
    }
}
