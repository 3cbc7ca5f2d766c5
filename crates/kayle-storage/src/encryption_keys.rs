//! Encryption keys in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{EncryptionKeyReads, EncryptionKeyWrites, StoreError};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    QueryTrait,
};

use crate::endpoints::existing;
use crate::entities::encryption_key::{Column, Entity, Model};
use crate::entities::endpoint;
use crate::error::store_error;
use crate::page::{by_id, page_of};
use crate::store::{Connected, SqlTx};

#[async_trait]
impl<C: ConnectionTrait + Send> EncryptionKeyReads for Connected<C> {
    async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError> {
        let endpoint = existing(organization_id)
            .filter(endpoint::Column::Id.eq(endpoint_id.as_str()))
            .select_only()
            .column(endpoint::Column::Id)
            .into_query();
        let rows = Entity::find()
            .filter(Column::EndpointId.in_subquery(endpoint))
            .apply_if(is_active, |rows, is_active| {
                rows.filter(if is_active {
                    Column::DisabledAt.is_null()
                } else {
                    Column::DisabledAt.is_not_null()
                })
            });
        let after = page.starting_after.as_ref().map(EncryptionKeyId::as_str);
        let rows = by_id(rows, Column::Id, after, page.limit).all(&self.0);
        let rows = rows.await.map_err(store_error)?;
        page_of(rows, page.limit, Model::into_domain)
    }
}

#[async_trait]
impl EncryptionKeyWrites for SqlTx {
    async fn register_encryption_key(&mut self, key: &EncryptionKey) -> Result<bool, StoreError> {
        // Where several can write at once, the lock makes them take turns at the endpoint.
        let endpoint = existing(key.organization_id)
            .filter(endpoint::Column::Id.eq(key.endpoint_id.as_str()))
            .lock_exclusive()
            .one(self.connection())
            .await
            .map_err(store_error)?;
        if endpoint.is_none() {
            return Ok(false);
        }
        let at = key.created_at.unix_ms();
        Entity::update_many()
            .col_expr(Column::DisabledAt, Expr::value(at))
            .col_expr(Column::UpdatedAt, Expr::value(at))
            .filter(Column::EndpointId.eq(key.endpoint_id.as_str()))
            .filter(Column::DisabledAt.is_null())
            .exec(self.connection())
            .await
            .map_err(store_error)?;
        let row = Model::from_domain(key).into_active_model();
        Entity::insert(row)
            .exec_without_returning(self.connection())
            .await
            .map_err(store_error)?;
        Ok(true)
    }
}
