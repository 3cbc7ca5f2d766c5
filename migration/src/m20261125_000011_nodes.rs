//! Nodes: the processes that share the database, and when each was last there.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nodes = Table::create()
            .table("nodes")
            .col(uuid("id").primary_key())
            .col(text("role"))
            .col(text("version"))
            .col(at("seen_at"))
            .take();
        manager.create_table(nodes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["nodes"]).await
    }
}
