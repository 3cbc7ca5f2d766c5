//! API keys in memory.

use async_trait::async_trait;
use kayle_app::access::ApiKey;
use kayle_app::ports::store::{ApiKeyReads, ApiKeyWrites, StoreError};
use kayle_primitives::Organization;

use super::tables::{Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl ApiKeyReads for View {
    async fn find_api_key(
        &self,
        hashes: &[String],
    ) -> Result<Option<(ApiKey, Organization)>, StoreError> {
        let tables = self.tables()?;
        Ok(hashes.iter().find_map(|hash| with_owner(&tables, hash)))
    }
}

#[async_trait]
impl ApiKeyWrites for MemoryTx {
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &str) -> Result<(), StoreError> {
        self.view
            .change(|tables| insert_new(&mut tables.api_keys, hash.to_owned(), key.clone()))
    }
}

fn with_owner(tables: &Tables, hash: &str) -> Option<(ApiKey, Organization)> {
    let key = tables.api_keys.get(hash)?;
    let organization = tables.organizations.get(&key.organization_id)?;
    Some((key.clone(), organization.clone()))
}
