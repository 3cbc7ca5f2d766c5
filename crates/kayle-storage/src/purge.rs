//! Deleting rows by age, the oldest first. What a row's deletion takes with it is the schema's.

use async_trait::async_trait;
use kayle_app::ports::store::{PurgeWrites, StoreError};
use kayle_primitives::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DeleteMany, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, UpdateMany,
};

use crate::entities::{delivery, event, session};
use crate::error::store_error;
use crate::readable::as_u64;
use crate::store::SqlTx;

#[async_trait]
impl PurgeWrites for SqlTx {
    async fn purge_events(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let purged = purged_events(before, limit).exec(self.connection());
        Ok(purged.await.map_err(store_error)?.rows_affected)
    }

    async fn purge_sessions(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let purged = purged_sessions(before, limit).exec(self.connection());
        Ok(purged.await.map_err(store_error)?.rows_affected)
    }

    async fn minimize_sessions(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let minimized = minimized_sessions(before, limit);
        let minimized = minimized.build(self.connection().get_database_backend());
        let minimized = self.dialect().passing_over_damage(minimized);
        let minimized = self.connection().execute_raw(minimized).await;
        Ok(minimized.map_err(store_error)?.rows_affected())
    }
}

/// Builds the DELETE of old events. Those that wait for a payload to go are passed over:
/// they are few, since no payload is kept as long as an event.
pub(crate) fn purged_events(before: Timestamp, limit: usize) -> DeleteMany<event::Entity> {
    let with_payload = Query::select()
        .expr(Expr::val(1))
        .from(delivery::Entity)
        .and_where(
            Expr::col(delivery::Column::EventId.as_column_ref())
                .eq(Expr::col(event::Column::Id.as_column_ref())),
        )
        .and_where(delivery::Column::PayloadExpiresAt.is_not_null())
        .take();
    let old = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::CreatedAt.lt(before.unix_ms()))
        .filter(Expr::exists(with_payload).not())
        .order_by_asc(event::Column::CreatedAt)
        .limit(as_u64(limit));
    event::Entity::delete_many().filter(event::Column::Id.in_subquery(old.into_query()))
}

/// Builds the DELETE of sessions that ended long ago.
pub(crate) fn purged_sessions(before: Timestamp, limit: usize) -> DeleteMany<session::Entity> {
    let old = ended(before, limit);
    session::Entity::delete_many().filter(session::Column::Id.in_subquery(old.into_query()))
}

/// Builds the change that takes from ended sessions what could lead to the person.
pub(crate) fn minimized_sessions(before: Timestamp, limit: usize) -> UpdateMany<session::Entity> {
    let old = ended(before, limit).filter(session::Column::RedirectUrl.is_not_null());
    session::Entity::update_many()
        .col_expr(session::Column::RedirectUrl, Expr::value(None::<String>))
        .filter(session::Column::Id.in_subquery(old.into_query()))
}

/// Asks for the ids of the sessions that ended before a moment, the first ended first.
fn ended(before: Timestamp, limit: usize) -> Select<session::Entity> {
    session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::CompletedAt.lt(before.unix_ms()))
        .order_by_asc(session::Column::CompletedAt)
        .limit(as_u64(limit))
}
