//! Attempts say how their requests went on their way, events whom they passed over, and what
//! failed is found by its endpoint, to be retried at once.
//!
//! On large tables an operator may have built the indexes beforehand, without stopping anybody.

use sea_orm_migration::prelude::*;

use crate::columns::{execute_all, optional_at, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("delivery_attempts", optional_text("connection")),
            ("delivery_attempts", optional_text("remote_address")),
            ("delivery_attempts", optional_at("dns_ms")),
            ("delivery_attempts", optional_at("connect_ms")),
            ("delivery_attempts", optional_at("tls_ms")),
            ("delivery_attempts", optional_at("first_byte_ms")),
            ("events", optional_text("passed_over")),
        ];
        for (table, column) in columns {
            let widen = Table::alter().table(table).add_column(column).take();
            manager.alter_table(widen).await?;
        }
        execute_all(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DROP INDEX deliveries_lost",
                "DROP INDEX deliveries_failed",
                "ALTER TABLE events DROP COLUMN passed_over",
                "ALTER TABLE delivery_attempts DROP COLUMN first_byte_ms",
                "ALTER TABLE delivery_attempts DROP COLUMN tls_ms",
                "ALTER TABLE delivery_attempts DROP COLUMN connect_ms",
                "ALTER TABLE delivery_attempts DROP COLUMN dns_ms",
                "ALTER TABLE delivery_attempts DROP COLUMN remote_address",
                "ALTER TABLE delivery_attempts DROP COLUMN connection",
            ],
        )
        .await
    }
}

/// What stores a payload in the order of the last attempts, to be retried; what has none by
/// endpoint, to be counted. Only what failed for good is in them.
const INDEXES: [&str; 2] = [
    "CREATE INDEX IF NOT EXISTS deliveries_failed \
     ON deliveries (organization_id, last_attempt_at, id) \
     WHERE state = 'failed' AND payload_expires_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS deliveries_lost \
     ON deliveries (endpoint_id, last_attempt_at, id) \
     WHERE state = 'failed' AND payload_expires_at IS NULL",
];
