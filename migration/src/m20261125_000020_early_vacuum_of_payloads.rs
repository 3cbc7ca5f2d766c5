//! Erased payloads leave PostgreSQL's table with the next round of autovacuum.
//!
//! Before, the last thousand that were erased could stay for ever where little happens. A vacuum of
//! this table is cheap: it is as long as the payloads that wait, and pages that nothing changed in
//! are passed over. Its indexes are always cleaned, because only pages to which none leads can be
//! given back. The table of long values beside it goes by the same numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::execute_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const EARLY: &str = "ALTER TABLE delivery_payloads SET (autovacuum_vacuum_scale_factor = 0, \
     autovacuum_vacuum_threshold = 0, vacuum_index_cleanup = on)";

const AS_BEFORE: [&str; 2] = [
    "ALTER TABLE delivery_payloads SET (autovacuum_vacuum_scale_factor = 0.01, \
     autovacuum_vacuum_threshold = 1000)",
    "ALTER TABLE delivery_payloads RESET (vacuum_index_cleanup)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_postgres(manager, &[EARLY]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_postgres(manager, &AS_BEFORE).await
    }
}

async fn on_postgres(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        execute_all(manager, statements).await?;
    }
    Ok(())
}
