//! Events.
//!
//! A session ends once: as succeeded, failed, expired or cancelled. A privacy withdrawal may later
//! put a cancelled event beside a succeeded or a failed one, never beside an expired one. So of
//! the four terminal types, a session may have any one, or succeeded and cancelled, or failed and
//! cancelled. Two partial unique indexes state exactly that: one of succeeded, failed and
//! expired; and one of expired and cancelled. The two attempt types are free.
//!
//! An event names its session and attempt without a foreign key: it outlives both (contract 7.9).

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, execute_all, goes_with, id, optional_id, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let events = Table::create()
            .table("events")
            .col(id(manager, "id").primary_key())
            .col(uuid("organization_id"))
            .col(text("event_type"))
            .col(id(manager, "session_id"))
            .col(optional_id(manager, "attempt_id"))
            .col(at("created_at"))
            .foreign_key(&mut goes_with(
                "events",
                "organization_id",
                "organizations",
                "id",
            ))
            .check((
                "events_type_exists",
                Expr::cust(
                    "event_type IN ('verification.session.succeeded', \
                     'verification.session.failed', 'verification.session.expired', \
                     'verification.session.cancelled', 'verification.attempt.succeeded', \
                     'verification.attempt.failed')",
                ),
            ))
            .check((
                "events_of_attempts_name_one",
                Expr::cust(
                    "event_type NOT LIKE 'verification.attempt.%' OR attempt_id IS NOT NULL",
                ),
            ))
            .take();
        manager.create_table(events).await?;
        execute_all(
            manager,
            &[
                // The list's order.
                "CREATE INDEX events_newest_first \
                 ON events (organization_id, created_at DESC, id DESC)",
                // A purge's order.
                "CREATE INDEX events_oldest_first ON events (created_at)",
                "CREATE INDEX events_by_attempt ON events (attempt_id) \
                 WHERE attempt_id IS NOT NULL",
                "CREATE UNIQUE INDEX events_one_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.succeeded', \
                 'verification.session.failed', 'verification.session.expired')",
                "CREATE UNIQUE INDEX events_one_end_without_result ON events (session_id) \
                 WHERE event_type IN ('verification.session.expired', \
                 'verification.session.cancelled')",
                // With the two above, all of a session's events are found by it.
                "CREATE INDEX events_of_attempts_by_session ON events (session_id) \
                 WHERE event_type IN ('verification.attempt.succeeded', \
                 'verification.attempt.failed')",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["events"]).await
    }
}
