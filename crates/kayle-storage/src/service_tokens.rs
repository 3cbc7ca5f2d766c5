//! Service tokens in SQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kayle_app::ports::store::{ServiceToken, ServiceTokenReads, ServiceTokenWrites, StoreError};
use kayle_primitives::{ServiceTokenId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Statement,
};

use crate::backend::dialect::Dialect;
use crate::backend::link::Link;
use crate::entities::service_token::{Column, Entity, Model};
use crate::error::store_error;
use crate::readable::{read_all, read_one};
use crate::store::SqlTx;

#[async_trait]
impl ServiceTokenReads for Link {
    async fn find_service_token(
        &self,
        id: ServiceTokenId,
    ) -> Result<Option<ServiceToken>, StoreError> {
        let row = read_one(self, Entity::find_by_id(id.0)).await?;
        Ok(row.map(Model::into_domain))
    }

    async fn all_service_tokens(&self) -> Result<Vec<ServiceToken>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Id);
        let rows = read_all(self, rows, |row| Ok(row.into_domain())).await?;
        Ok(rows.items)
    }

    async fn revoked_among(
        &self,
        ids: &BTreeSet<ServiceTokenId>,
    ) -> Result<BTreeSet<ServiceTokenId>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = self.query_all_raw(revoked(self.dialect(), &ids)).await;
        let rows = rows.map_err(store_error)?;
        let ids = rows
            .iter()
            .map(|row| row.try_get("", "id").map(ServiceTokenId));
        ids.collect::<Result<_, _>>().map_err(store_error)
    }
}

#[async_trait]
impl ServiceTokenWrites for SqlTx {
    async fn save_service_tokens(&mut self, tokens: &[ServiceToken]) -> Result<(), StoreError> {
        let rows = tokens.iter().map(Model::from_domain);
        let noted = (Entity, Column::LastUsedAt);
        let is_later = Expr::col(("excluded", Column::LastUsedAt)).gt(Expr::col(noted));
        let saved = Entity::insert_many(rows.map(IntoActiveModel::into_active_model))
            .on_conflict(
                OnConflict::column(Column::Id)
                    .update_column(Column::LastUsedAt)
                    .action_and_where(Expr::col(noted).is_null().or(is_later))
                    .to_owned(),
            )
            .exec_without_returning(self.connection());
        saved.await.map(drop).map_err(store_error)
    }

    async fn revoke_service_token(
        &mut self,
        id: ServiceTokenId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = Model::from_domain(&ServiceToken {
            id,
            subject: None,
            created_at: None,
            expires_at: None,
            last_used_at: None,
            revoked_at: Some(now),
        });
        let revoked = Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::column(Column::Id)
                    .update_column(Column::RevokedAt)
                    .action_and_where(Expr::col((Entity, Column::RevokedAt)).is_null())
                    .to_owned(),
            )
            .exec_without_returning(self.connection());
        Ok(0 < revoked.await.map_err(store_error)?)
    }

    async fn delete_service_tokens_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::ExpiresAt.lt(limit.unix_ms()))
            .exec(self.connection());
        deleted.await.map(drop).map_err(store_error)
    }
}

/// Asks which of these tokens are revoked.
pub(crate) fn revoked(dialect: &dyn Dialect, ids: &[Uuid]) -> Statement {
    let sql = format!(
        "SELECT id FROM service_tokens WHERE id {} AND revoked_at IS NOT NULL",
        dialect.in_uuid_list(1)
    );
    dialect.statement(&sql, vec![dialect.uuid_list(ids)])
}
