//! Deliveries say why their last attempt failed.
//!
//! What was settled before is answered from its attempts, one delivery at a time, and in lists not
//! at all: to fill the column here would rewrite the largest table.

use sea_orm_migration::prelude::*;

use crate::columns::{execute_all, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let widen = Table::alter()
            .table("deliveries")
            .add_column(optional_text("last_failure_reason"))
            .take();
        manager.alter_table(widen).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let narrow = "ALTER TABLE deliveries DROP COLUMN last_failure_reason";
        execute_all(manager, &[narrow]).await
    }
}
