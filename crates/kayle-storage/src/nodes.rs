//! Nodes in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{Node, NodeReads, NodeWrites, StoreError};
use kayle_primitives::Timestamp;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::backend::link::Link;
use crate::entities::node::{Column, Entity, Model};
use crate::error::store_error;
use crate::readable::read_all;
use crate::store::SqlTx;

#[async_trait]
impl NodeReads for Link {
    async fn nodes_seen_since(&self, since: Timestamp) -> Result<Vec<Node>, StoreError> {
        let rows = Entity::find()
            .filter(Column::SeenAt.gte(since.unix_ms()))
            .order_by_asc(Column::Id);
        Ok(read_all(self, rows, Model::into_domain).await?.items)
    }
}

#[async_trait]
impl NodeWrites for SqlTx {
    async fn save_node(&mut self, node: &Node) -> Result<(), StoreError> {
        if let Link::Turn(turn) = self.connection() {
            turn.check_room().map_err(store_error)?;
        }
        let replace = OnConflict::column(Column::Id)
            .update_columns([
                Column::Role,
                Column::Version,
                Column::SeenAt,
                Column::KeyIds,
            ])
            .to_owned();
        let saved = Entity::insert(Model::from_domain(node).into_active_model())
            .on_conflict(replace)
            .exec_without_returning(self.connection());
        saved.await.map(drop).map_err(store_error)
    }

    async fn delete_node(&mut self, id: Uuid) -> Result<(), StoreError> {
        let deleted = Entity::delete_by_id(id).exec(self.connection());
        deleted.await.map(drop).map_err(store_error)
    }

    async fn delete_nodes_seen_before(&mut self, limit: Timestamp) -> Result<(), StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::SeenAt.lt(limit.unix_ms()))
            .exec(self.connection());
        deleted.await.map(drop).map_err(store_error)
    }
}
