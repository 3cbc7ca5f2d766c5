//! Deliveries, their payloads and their attempts.
//!
//! The bytes of a payload have a table of their own: a change of state then touches a small row,
//! and a scrub is a DELETE that frees the space.
//!
//! A delivery goes with its event, and through it with its organization; `organization_id` repeats
//! the event's, for the lists. Endpoints and keys that deliveries name cannot be deleted on their
//! own, only together with the whole organization. There is no index on `encryption_key_id`: only
//! the end of an organization looks there, and every new delivery would pay for it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{
    at, count, drop_all, execute_all, goes_with, id, optional_at, optional_id, optional_text, text,
    uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(deliveries(manager)).await?;
        manager.create_table(payloads(manager)).await?;
        manager.create_table(attempts(manager)).await?;
        execute_all(manager, &INDEXES).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            execute_all(manager, &POSTGRES_STORAGE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(
            manager,
            &["delivery_attempts", "delivery_payloads", "deliveries"],
        )
        .await
    }
}

const INDEXES: [&str; 9] = [
    // One delivery per event and endpoint; leads from an event to its deliveries too. An event has
    // one organization: it stands here, and in the index of what is held, because look-ups name
    // it, and SQLite would rather walk all of an organization's deliveries than filter by it.
    "CREATE UNIQUE INDEX deliveries_once_per_endpoint \
     ON deliveries (event_id, organization_id, endpoint_id)",
    // The lists' order, of an organization and of an endpoint.
    "CREATE INDEX deliveries_newest_first \
     ON deliveries (organization_id, created_at DESC, id DESC)",
    "CREATE INDEX deliveries_of_endpoint_newest_first \
     ON deliveries (endpoint_id, created_at DESC, id DESC)",
    // The queue. The last two columns let a claim pass over a busy endpoint's backlog without
    // looking at its rows.
    "CREATE INDEX deliveries_due ON deliveries (due_at, id, endpoint_id, payload_expires_at) \
     WHERE state = 'pending'",
    "CREATE INDEX deliveries_held ON deliveries (organization_id, endpoint_id) \
     WHERE state = 'held'",
    "CREATE INDEX deliveries_lease_until ON deliveries (lease_until, id) \
     WHERE state = 'delivering'",
    "CREATE INDEX deliveries_lease_holder ON deliveries (lease_holder, id) \
     WHERE state = 'delivering'",
    "CREATE INDEX deliveries_payload_expiry ON deliveries (payload_expires_at, id) \
     WHERE payload_expires_at IS NOT NULL",
    "CREATE INDEX delivery_attempts_in_order ON delivery_attempts (delivery_id, attempted_at, id)",
];

/// How PostgreSQL keeps the tables.
///
/// A delivery is written at least three times in its life, and a payload lives for one delivery:
/// the queue's indexes lead to dead rows until a vacuum comes, so it comes early and works fast.
/// Payloads are text that does not compress; it is not tried.
const POSTGRES_STORAGE: [&str; 3] = [
    "ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.01, \
     autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.05, \
     autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)",
    "ALTER TABLE delivery_payloads SET (autovacuum_vacuum_scale_factor = 0.01, \
     autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)",
    "ALTER TABLE delivery_payloads ALTER COLUMN jwe SET STORAGE EXTERNAL",
];

fn deliveries(manager: &SchemaManager) -> TableCreateStatement {
    let mut table = Table::create()
        .table("deliveries")
        .col(id(manager, "id").primary_key())
        .col(uuid("organization_id"))
        .col(id(manager, "event_id"))
        .col(id(manager, "endpoint_id"))
        .col(optional_id(manager, "encryption_key_id"))
        .col(text("state"))
        .col(optional_at("due_at"))
        .col(optional_at("claimed_at"))
        .col(optional_text("lease_holder"))
        .col(optional_at("lease_until"))
        .col(count("attempt_count"))
        .col(optional_at("last_attempt_at"))
        .col(ColumnDef::new("last_status_code").integer().null())
        .col(text("payload_reason"))
        .col(optional_at("payload_expires_at"))
        .col(optional_at("payload_scrubbed_at"))
        .col(at("created_at"))
        .col(at("updated_at"))
        .foreign_key(&mut goes_with("deliveries", "event_id", "events", "id"))
        // Checked at the end of a statement, so that an organization's end can take both sides.
        .foreign_key(
            ForeignKey::create()
                .from("deliveries", "endpoint_id")
                .to("endpoints", "id")
                .on_delete(ForeignKeyAction::NoAction),
        )
        .foreign_key(
            ForeignKey::create()
                .from("deliveries", "encryption_key_id")
                .to("encryption_keys", "id")
                .on_delete(ForeignKeyAction::NoAction),
        )
        .take();
    for (name, rule) in RULES {
        table.check((name, Expr::cust(rule)));
    }
    table
}

const RULES: [(&str, &str); 9] = [
    (
        "deliveries_state_exists",
        "state IN ('pending', 'held', 'delivering', 'succeeded', 'failed')",
    ),
    (
        "deliveries_due_while_waiting",
        "(state IN ('pending', 'held')) = (due_at IS NOT NULL)",
    ),
    (
        "deliveries_leased_while_delivering",
        "(state = 'delivering') = (claimed_at IS NOT NULL) \
         AND (state = 'delivering') = (lease_holder IS NOT NULL) \
         AND (state = 'delivering') = (lease_until IS NOT NULL)",
    ),
    (
        "deliveries_payload_reason_exists",
        "payload_reason IN ('pending_delivery', 'terminal_failure_retention', 'delivered', \
         'expired', 'no_active_key', 'jwe_creation_failed', 'privacy_request')",
    ),
    (
        "deliveries_payload_stored_or_scrubbed",
        "(payload_expires_at IS NOT NULL) = (payload_scrubbed_at IS NULL) \
         AND (payload_expires_at IS NOT NULL) \
         = (payload_reason IN ('pending_delivery', 'terminal_failure_retention'))",
    ),
    (
        "deliveries_succeeded_is_delivered",
        "(state = 'succeeded') = (payload_reason = 'delivered')",
    ),
    (
        "deliveries_under_way_have_a_payload",
        "(state IN ('pending', 'held', 'delivering')) = (payload_reason = 'pending_delivery')",
    ),
    (
        "deliveries_last_attempt_is_counted",
        "attempt_count >= 0 AND (attempt_count > 0) = (last_attempt_at IS NOT NULL)",
    ),
    (
        "deliveries_status_code_of_an_attempt",
        "last_status_code IS NULL OR last_attempt_at IS NOT NULL",
    ),
];

fn payloads(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("delivery_payloads")
        .col(id(manager, "delivery_id").primary_key())
        .col(text("jwe"))
        .foreign_key(&mut goes_with(
            "delivery_payloads",
            "delivery_id",
            "deliveries",
            "id",
        ))
        .take()
}

fn attempts(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("delivery_attempts")
        .col(id(manager, "id").primary_key())
        .col(id(manager, "delivery_id"))
        .col(ColumnDef::new("status_code").integer().null())
        .col(optional_text("failure_reason"))
        .col(ColumnDef::new("duration_ms").big_integer().not_null())
        .col(at("attempted_at"))
        .foreign_key(&mut goes_with(
            "delivery_attempts",
            "delivery_id",
            "deliveries",
            "id",
        ))
        .check((
            "delivery_attempts_failure_reason_exists",
            Expr::cust(
                "failure_reason IS NULL OR failure_reason IN ('http_status', 'timeout', 'dns', \
                 'connect', 'tls', 'blocked_address', 'url_rejected', \
                 'signing_secret_unavailable', 'lease_expired')",
            ),
        ))
        .check((
            "delivery_attempts_took_time",
            Expr::cust("duration_ms >= 0"),
        ))
        .take()
}
