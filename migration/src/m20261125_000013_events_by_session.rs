//! A session's events are found by the session alone, whatever their types.
//!
//! Three partial indexes found them before, each for the types that it named, and an event of
//! another type would have been missed. The two that carry a rule stay.
//!
//! On a large table an operator may have built the index beforehand, without stopping anybody.

use sea_orm_migration::prelude::*;

use crate::columns::execute_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "CREATE INDEX IF NOT EXISTS events_by_session ON events (session_id)",
                "DROP INDEX events_of_attempts_by_session",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "CREATE INDEX events_of_attempts_by_session ON events (session_id) \
                 WHERE event_type IN ('verification.attempt.succeeded', \
                 'verification.attempt.failed')",
                "DROP INDEX events_by_session",
            ],
        )
        .await
    }
}
