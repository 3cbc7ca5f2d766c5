//! Organizations: who owns everything.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, optional_at, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let organizations = Table::create()
            .table("organizations")
            .col(uuid("id").primary_key())
            .col(text("name"))
            .col(optional_at("pending_deletion_at"))
            .col(at("created_at"))
            .take();
        manager.create_table(organizations).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["organizations"]).await
    }
}
