//! Attempts say which address they did not go to.

use sea_orm_migration::prelude::*;

use crate::columns::{execute_all, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let widen = Table::alter()
            .table("delivery_attempts")
            .add_column(optional_text("refused_address"))
            .take();
        manager.alter_table(widen).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let narrow = "ALTER TABLE delivery_attempts DROP COLUMN refused_address";
        execute_all(manager, &[narrow]).await
    }
}
