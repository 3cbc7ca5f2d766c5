//! Organizations in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{OrganizationReads, OrganizationWrites, StoreError};
use kayle_primitives::{Organization, OrganizationId, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::backend::link::Link;
use crate::entities::organization::{Column, Entity, Model};
use crate::entities::values::optional_ms;
use crate::error::store_error;
use crate::readable::read_one;
use crate::store::SqlTx;

#[async_trait]
impl OrganizationReads for Link {
    async fn find_organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let row = read_one(self, Entity::find_by_id(id.0)).await?;
        Ok(row.map(Model::into_domain))
    }

    async fn newest_organization(&self) -> Result<Option<Organization>, StoreError> {
        let newest = Entity::find()
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id);
        let row = read_one(self, newest).await?;
        Ok(row.map(Model::into_domain))
    }
}

#[async_trait]
impl OrganizationWrites for SqlTx {
    async fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        let row = Model::from_domain(organization).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }

    async fn set_pending_deletion(
        &mut self,
        id: OrganizationId,
        pending_deletion_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let value = Expr::value(optional_ms(pending_deletion_at));
        let updated = Entity::update_many()
            .col_expr(Column::PendingDeletionAt, value)
            .filter(Column::Id.eq(id.0))
            .exec(self.connection());
        Ok(0 < updated.await.map_err(store_error)?.rows_affected)
    }
}
