//! API keys in memory.

use async_trait::async_trait;
use kayle_app::access::ApiKey;
use kayle_app::ports::store::{
    ApiKeyHash, ApiKeyReads, ApiKeyWrites, FoundApiKey, Rehash, StoreError,
};
use kayle_primitives::{ApiKeyId, OrganizationId, Page, PageRequest};

use super::page::by_id;
use super::tables::{ApiKeyRow, Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl ApiKeyReads for View {
    async fn find_api_key(&self, hashes: &[String]) -> Result<Option<FoundApiKey>, StoreError> {
        let tables = self.tables()?;
        Ok(hashes.iter().find_map(|hash| with_owner(&tables, hash)))
    }

    async fn count_api_keys(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let tables = self.tables()?;
        let keys = tables.api_keys.values().map(|row| &row.key);
        let owned = keys.filter(|key| key.organization_id == organization_id);
        Ok(owned.take(at_most).count())
    }

    async fn list_api_keys(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<ApiKeyId>,
    ) -> Result<Page<ApiKey>, StoreError> {
        let tables = self.tables()?;
        let keys = tables.api_keys.values().map(|row| &row.key);
        let mut keys: Vec<&ApiKey> = keys
            .filter(|key| key.organization_id == organization_id)
            .collect();
        keys.sort_by_key(|key| key.id);
        Ok(by_id(keys.into_iter().cloned(), |key| &key.id, page))
    }
}

#[async_trait]
impl ApiKeyWrites for MemoryTx {
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &ApiKeyHash) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let row = ApiKeyRow {
                key: key.clone(),
                key_id: hash.key_id.clone(),
            };
            insert_new(&mut tables.api_keys, hash.hash.clone(), row)
        })
    }

    async fn lock_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let tables = self.view.tables()?;
        let found = tables
            .api_keys
            .values()
            .map(|row| &row.key)
            .find(|key| key.id == id && key.organization_id == organization_id);
        Ok(found.cloned())
    }

    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let stored = tables.api_key_mut(key.id);
            let owned = stored.filter(|stored| stored.organization_id == key.organization_id);
            let stored = owned.ok_or(StoreError::Conflict)?;
            *stored = ApiKey {
                request_count: stored.request_count,
                ..key.clone()
            };
            Ok(())
        })
    }

    async fn delete_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            let before = tables.api_keys.len();
            tables
                .api_keys
                .retain(|_, row| row.key.id != id || row.key.organization_id != organization_id);
            Ok(tables.api_keys.len() < before)
        })
    }

    async fn count_requests(&mut self, counts: &[(ApiKeyId, u64)]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for (id, count) in counts {
                if let Some(key) = tables.api_key_mut(*id) {
                    key.request_count += count;
                }
            }
            Ok(())
        })
    }

    async fn rehash_api_key(&mut self, rehash: &Rehash) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let Rehash { id, from, to } = rehash;
            let stored = tables.api_keys.get(from);
            let Some(row) = stored.filter(|row| row.key.id == *id).cloned() else {
                return Ok(());
            };
            tables.api_keys.remove(from);
            let row = ApiKeyRow {
                key_id: to.key_id.clone(),
                ..row
            };
            insert_new(&mut tables.api_keys, to.hash.clone(), row)
        })
    }
}

impl Tables {
    fn api_key_mut(&mut self, id: ApiKeyId) -> Option<&mut ApiKey> {
        let mut keys = self.api_keys.values_mut().map(|row| &mut row.key);
        keys.find(|key| key.id == id)
    }
}

fn with_owner(tables: &Tables, hash: &str) -> Option<FoundApiKey> {
    let row = tables.api_keys.get(hash)?;
    let organization = tables.organizations.get(&row.key.organization_id)?;
    Some(FoundApiKey {
        key: row.key.clone(),
        organization: organization.clone(),
        hash: ApiKeyHash {
            hash: hash.to_owned(),
            key_id: row.key_id.clone(),
        },
    })
}
