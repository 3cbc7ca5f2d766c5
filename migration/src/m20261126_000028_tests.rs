//! Tests of endpoints: events that carry a challenge, their deliveries and what was found out.
//!
//! All tests name the same session, which does not exist, so that the rules of how a session ends
//! do not count for them.

use sea_orm_migration::prelude::*;

use crate::columns::{execute_all, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("events", "challenge"),
            ("deliveries", "purpose"),
            ("delivery_attempts", "test_trace"),
        ] {
            let column = optional_text(column);
            let widen = Table::alter().table(table).add_column(column).take();
            manager.alter_table(widen).await?;
        }
        execute_all(
            manager,
            &[
                "DROP INDEX events_one_result",
                "DROP INDEX events_one_end_without_result",
                "CREATE UNIQUE INDEX events_one_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.succeeded', \
                 'verification.session.failed', 'verification.session.expired') \
                 AND challenge IS NULL",
                "CREATE UNIQUE INDEX events_one_end_without_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.expired', \
                 'verification.session.cancelled') AND challenge IS NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DELETE FROM events WHERE challenge IS NOT NULL",
                "DROP INDEX events_one_result",
                "DROP INDEX events_one_end_without_result",
                "ALTER TABLE delivery_attempts DROP COLUMN test_trace",
                "ALTER TABLE deliveries DROP COLUMN purpose",
                "ALTER TABLE events DROP COLUMN challenge",
                "CREATE UNIQUE INDEX events_one_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.succeeded', \
                 'verification.session.failed', 'verification.session.expired')",
                "CREATE UNIQUE INDEX events_one_end_without_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.expired', \
                 'verification.session.cancelled')",
            ],
        )
        .await
    }
}
