//! The due queue, endpoint by endpoint: how a claim finds what lies behind a long backlog.
//!
//! On a large table an operator may have built the index beforehand, without stopping anybody.

use sea_orm_migration::prelude::*;

use crate::columns::execute_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = "CREATE INDEX IF NOT EXISTS deliveries_due_of_endpoint \
                     ON deliveries (endpoint_id, due_at, id, payload_expires_at) \
                     WHERE state = 'pending'";
        execute_all(manager, &[index]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP INDEX deliveries_due_of_endpoint"]).await
    }
}
