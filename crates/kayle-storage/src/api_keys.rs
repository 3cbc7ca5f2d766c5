//! API keys in SQL.

use async_trait::async_trait;
use kayle_app::access::ApiKey;
use kayle_app::ports::store::{ApiKeyReads, ApiKeyWrites, StoreError};
use kayle_primitives::Organization;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entities::api_key::{Column, Entity, Model};
use crate::entities::organization;
use crate::error::store_error;
use crate::store::{Connected, SqlTx};

#[async_trait]
impl<C: ConnectionTrait + Send> ApiKeyReads for Connected<C> {
    async fn find_api_key(
        &self,
        hashes: &[String],
    ) -> Result<Option<(ApiKey, Organization)>, StoreError> {
        let found = Entity::find()
            .find_also_related(organization::Entity)
            .filter(Column::Hash.is_in(hashes))
            .one(&self.0)
            .await
            .map_err(store_error)?;
        match found {
            Some((key, Some(organization))) => {
                Ok(Some((key.into_domain()?, organization.into_domain())))
            }
            Some((_, None)) | None => Ok(None),
        }
    }
}

#[async_trait]
impl ApiKeyWrites for SqlTx {
    async fn insert_api_key(&mut self, key: &ApiKey, hash: &str) -> Result<(), StoreError> {
        let row = Model::from_domain(key, hash).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }
}
