//! Lists API keys (contract 3.7).

use kayle_primitives::{ApiKeyId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::access::ApiKey;
use crate::ports::store::StoreError;

impl Webhooks {
    /// Lists a page in the order of the ids, with the request counts of this moment.
    pub async fn list_api_keys(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<ApiKeyId>,
    ) -> Result<Page<ApiKey>, StoreError> {
        self.flush_api_key_usage().await?;
        self.store
            .reads()
            .list_api_keys(organization_id, page)
            .await
    }
}
