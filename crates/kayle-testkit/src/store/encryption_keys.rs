//! Encryption keys in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{EncryptionKeyReads, EncryptionKeyWrites, StoreError};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest};

use super::page::by_id;
use super::tables::{Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl EncryptionKeyReads for View {
    async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError> {
        let tables = self.tables()?;
        let keys = tables.encryption_keys.values().filter(|key| {
            key.organization_id == organization_id
                && key.endpoint_id == *endpoint_id
                && is_active.is_none_or(|active| key.is_active() == active)
        });
        Ok(by_id(keys.cloned(), |key| &key.id, page))
    }
}

#[async_trait]
impl EncryptionKeyWrites for MemoryTx {
    async fn register_encryption_key(&mut self, key: &EncryptionKey) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            if tables
                .endpoint(key.organization_id, &key.endpoint_id)
                .is_none()
            {
                return Ok(false);
            }
            insert_new(&mut tables.encryption_keys, key.id.clone(), key.clone())?;
            tables.disable_other_keys(key);
            Ok(true)
        })
    }
}

impl Tables {
    /// Gives the key that the endpoint's next event is encrypted with.
    pub(super) fn active_key(&self, endpoint_id: &EndpointId) -> Option<&EncryptionKey> {
        self.encryption_keys
            .values()
            .find(|key| key.endpoint_id == *endpoint_id && key.is_active())
    }

    fn disable_other_keys(&mut self, new: &EncryptionKey) {
        let others = self.encryption_keys.values_mut().filter(|key| {
            key.endpoint_id == new.endpoint_id && key.id != new.id && key.is_active()
        });
        for key in others {
            key.disabled_at = Some(new.created_at);
            key.updated_at = new.created_at;
        }
    }
}
