//! Sign-in links in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{SignInLink, SignInReads, SignInWrites, StoreError};
use kayle_primitives::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};

use crate::backend::link::Link;
use crate::entities::sign_in_link::{Column, Entity, Model};
use crate::error::store_error;
use crate::readable::read_one;
use crate::store::SqlTx;

#[async_trait]
impl SignInReads for Link {
    async fn find_sign_in_link(
        &self,
        code_hashes: &[String],
        now: Timestamp,
    ) -> Result<Option<SignInLink>, StoreError> {
        let links = Entity::find()
            .filter(Column::CodeHash.is_in(code_hashes))
            .filter(leads_somewhere(now));
        let row = read_one(self, links).await?;
        row.map(Model::into_domain).transpose()
    }
}

#[async_trait]
impl SignInWrites for SqlTx {
    async fn insert_sign_in_link(&mut self, link: &SignInLink) -> Result<(), StoreError> {
        let row = Model::from_domain(link).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }

    async fn use_sign_in_link(
        &mut self,
        code_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let used = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(now.unix_ms()))
            .filter(Column::CodeHash.eq(code_hash))
            .filter(leads_somewhere(now))
            .exec(self.connection());
        Ok(0 < used.await.map_err(store_error)?.rows_affected)
    }

    async fn delete_sign_in_links_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::ExpiresAt.lt(limit.unix_ms()))
            .exec(self.connection());
        deleted.await.map(drop).map_err(store_error)
    }
}

fn leads_somewhere(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::UsedAt.is_null())
        .add(Column::ExpiresAt.gt(now.unix_ms()))
}
