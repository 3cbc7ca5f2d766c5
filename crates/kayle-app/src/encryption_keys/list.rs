//! Gets and lists an endpoint's encryption keys (contract 3.3, K2).

use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::ports::store::StoreError;

impl Webhooks {
    /// Gets one; `None` if the organization's endpoint has no such key.
    pub async fn get_encryption_key(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        id: &EncryptionKeyId,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        let reads = self.store.reads();
        reads
            .find_encryption_key(organization_id, endpoint_id, id)
            .await
    }

    /// Lists a page in the order of the ids; empty for an unknown endpoint.
    pub async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError> {
        self.store
            .reads()
            .list_encryption_keys(organization_id, endpoint_id, is_active, page)
            .await
    }
}
