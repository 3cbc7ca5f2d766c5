//! API keys in SQL.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_app::access::ApiKey;
use kayle_app::ports::store::{
    ApiKeyHash, ApiKeyReads, ApiKeyWrites, FoundApiKey, Rehash, StoreError,
};
use kayle_primitives::{ApiKeyId, OrganizationId, Page, PageRequest};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    QueryTrait, Select,
};

use crate::backend::link::Link;
use crate::count::count_at_most;
use crate::entities::api_key::{Column, Entity, Model};
use crate::entities::organization;
use crate::error::store_error;
use crate::page::by_id;
use crate::readable::{decode, read_one, read_page};
use crate::store::SqlTx;

#[async_trait]
impl ApiKeyReads for Link {
    async fn find_api_key(&self, hashes: &[String]) -> Result<Option<FoundApiKey>, StoreError> {
        let found = Entity::find()
            .find_also_related(organization::Entity)
            .filter(Column::Hash.is_in(hashes))
            .build(self.get_database_backend());
        let found = self.query_one_raw(found).await.map_err(store_error)?;
        let Some(row) = found else {
            return Ok(None);
        };
        // The prefixes are those of sea-orm: it calls the first table A, and the other one B.
        let key = decode::<Entity>(&row, "A_")?;
        let organization = decode::<organization::Entity>(&row, "B_")?;
        Ok(Some(FoundApiKey {
            hash: ApiKeyHash {
                hash: key.hash.clone(),
                key_id: key.hash_key_id.clone(),
            },
            key: key.into_domain()?,
            organization: organization.into_domain(),
        }))
    }

    async fn count_api_keys(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let rows = Entity::find().filter(Column::OrganizationId.eq(organization_id.0));
        count_at_most(self, rows, Column::Id, at_most).await
    }

    async fn list_api_keys(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<ApiKeyId>,
    ) -> Result<Page<ApiKey>, StoreError> {
        let rows = Entity::find().filter(Column::OrganizationId.eq(organization_id.0));
        let after = page.starting_after.map(|id| id.0);
        let rows = by_id(rows, Column::Id, after);
        read_page(self, rows, page.limit, Model::into_domain).await
    }
}

#[async_trait]
impl ApiKeyWrites for SqlTx {
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &ApiKeyHash) -> Result<(), StoreError> {
        let row = Model::from_domain(key, hash).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }

    async fn lock_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let row = one(organization_id, id).lock_exclusive();
        let row = read_one(self.connection(), row).await?;
        row.map(Model::into_domain).transpose()
    }

    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        let saved = Entity::update_many()
            .set(Model::changes(key))
            .filter(Column::Id.eq(key.id.0))
            .filter(Column::OrganizationId.eq(key.organization_id.0))
            .exec(self.connection());
        match saved.await.map_err(store_error)?.rows_affected {
            0 => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    async fn delete_api_key(
        &mut self,
        organization_id: OrganizationId,
        id: ApiKeyId,
    ) -> Result<bool, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::Id.eq(id.0))
            .filter(Column::OrganizationId.eq(organization_id.0))
            .exec(self.connection());
        Ok(0 < deleted.await.map_err(store_error)?.rows_affected)
    }

    async fn count_requests(&mut self, counts: &[(ApiKeyId, u64)]) -> Result<(), StoreError> {
        // One statement adds once to a row, however often its key is named.
        let mut sums: BTreeMap<ApiKeyId, u64> = BTreeMap::new();
        for (id, count) in counts {
            *sums.entry(*id).or_default() += count;
        }
        let counted = self
            .connection()
            .execute_raw(self.dialect().count_requests(&sums));
        counted.await.map(drop).map_err(store_error)
    }

    async fn rehash_api_key(&mut self, rehash: &Rehash) -> Result<(), StoreError> {
        let Rehash { id, from, to } = rehash;
        let rehashed = Entity::update_many()
            .col_expr(Column::Hash, Expr::value(to.hash.as_str()))
            .col_expr(Column::HashKeyId, Expr::value(to.key_id.as_deref()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::Hash.eq(from.as_str()))
            .exec(self.connection());
        rehashed.await.map(drop).map_err(store_error)
    }
}

fn one(organization_id: OrganizationId, id: ApiKeyId) -> Select<Entity> {
    Entity::find_by_id(id.0).filter(Column::OrganizationId.eq(organization_id.0))
}
