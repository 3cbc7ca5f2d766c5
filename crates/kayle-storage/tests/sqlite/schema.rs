//! What the schema refuses, whoever asks.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbErr};

use crate::database::Database;

const ORGANIZATION: &str =
    "INSERT INTO organizations VALUES (x'00000000000000000000000000000001', 'A', NULL, 1)";
const ENDPOINT: &str = "INSERT INTO endpoints (id, organization_id, name, labels, url, subscription, \
     retention_hours, retry_schedule, signing_secret_key_id, signing_secret_sealed, created_at, \
     updated_at, disabled_at, deleted_at) VALUES \
     ('whe_1', x'00000000000000000000000000000001', NULL, '[]', 'https://a.example', '[]', 72, \
     'standard', 'k', x'00', 1, 1, NULL, NULL)";

impl Database {
    async fn accepts(&self, sql: &str) {
        self.execute(sql).await.expect("no rule is broken");
    }

    async fn refuses(&self, sql: &str, rule: &str) {
        let refusal = self.execute(sql).await.expect_err(rule).to_string();
        assert!(refusal.contains(rule), "{rule:?} is not why: {refusal}");
    }

    async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.store.connection();
        connection.execute_unprepared(sql).await.map(drop)
    }

    /// Asserts that an event of each type may follow the earlier ones, or not, in one session.
    async fn check_events(&self, session: &str, event_types: &[(&str, bool)]) {
        for (event_type, accepted) in event_types {
            let sql = format!(
                "INSERT INTO events (id, organization_id, event_type, session_id, attempt_id, \
                 created_at) VALUES ('evt_{session}_{event_type}', \
                 x'00000000000000000000000000000001', 'verification.{event_type}', \
                 'vs_{session}', 'va_1', 1)"
            );
            let answer = self.execute(&sql).await;
            assert_eq!(answer.is_ok(), *accepted, "{session}: {event_type}");
        }
    }
}

#[tokio::test]
async fn the_migrations_can_be_taken_back_and_applied_again() {
    let database = Database::new().await;
    let connection = database.store.connection();
    Migrator::down(connection, None).await.unwrap();
    Migrator::up(connection, None).await.unwrap();
    let pending = Migrator::get_pending_migrations(connection).await.unwrap();
    assert!(pending.is_empty());
}

#[tokio::test]
async fn a_session_ends_once_and_may_be_withdrawn_after_a_result() {
    let database = Database::new().await;
    database.accepts(ORGANIZATION).await;
    let check = |session, event_types| database.check_events(session, event_types);
    check(
        "succeeds",
        &[
            ("attempt.succeeded", true),
            ("session.succeeded", true),
            ("session.failed", false),
            ("session.expired", false),
            ("session.cancelled", true),
        ],
    )
    .await;
    check(
        "fails",
        &[
            ("attempt.failed", true),
            ("session.failed", true),
            ("session.succeeded", false),
            ("session.cancelled", true),
        ],
    )
    .await;
    check(
        "expires",
        &[
            ("session.expired", true),
            ("session.succeeded", false),
            ("session.failed", false),
            ("session.cancelled", false),
        ],
    )
    .await;
    check(
        "is_cancelled",
        &[("session.cancelled", true), ("session.expired", false)],
    )
    .await;
}

#[tokio::test]
async fn an_endpoint_has_at_most_one_active_key() {
    let database = Database::new().await;
    database.accepts(ORGANIZATION).await;
    database.accepts(ENDPOINT).await;
    let key = |id: &str, disabled_at: &str| {
        format!(
            "INSERT INTO encryption_keys VALUES ('{id}', \
             x'00000000000000000000000000000001', 'whe_1', 'k', 'n', 'e', 1, 1, {disabled_at}, NULL, NULL)"
        )
    };
    database.accepts(&key("whk_1", "2")).await;
    database.accepts(&key("whk_2", "NULL")).await;
    let another = key("whk_3", "NULL");
    database.refuses(&another, "UNIQUE").await;
}

#[tokio::test]
async fn a_deleted_endpoint_keeps_no_secret() {
    let database = Database::new().await;
    database.accepts(ORGANIZATION).await;
    database.accepts(ENDPOINT).await;
    database
        .refuses(
            "UPDATE endpoints SET deleted_at = 2",
            "endpoints_deleted_have_no_secret",
        )
        .await;
    database
        .refuses(
            "UPDATE endpoints SET signing_secret_sealed = NULL",
            "endpoints_signing_secret_is_whole",
        )
        .await;
}

#[tokio::test]
async fn a_delivery_says_nothing_that_contradicts_itself() {
    let database = Database::new().await;
    database.accepts(ORGANIZATION).await;
    database.accepts(ENDPOINT).await;
    database
        .check_events("a", &[("session.expired", true)])
        .await;
    database
        .accepts(
            "INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, \
             claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, \
             last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, \
             created_at, updated_at, last_failure_reason) VALUES ('whd_1', x'00000000000000000000000000000001', \
             'evt_a_session.expired', 'whe_1', NULL, 'pending', 1, NULL, NULL, NULL, 0, NULL, \
             NULL, 'pending_delivery', 9, NULL, 1, 1, NULL)",
        )
        .await;
    for (change, rule) in [
        ("state = 'lost'", "deliveries_state_exists"),
        ("due_at = NULL", "deliveries_due_while_waiting"),
        ("lease_holder = 'd'", "deliveries_leased_while_delivering"),
        (
            "state = 'delivering', due_at = NULL",
            "deliveries_leased_while_delivering",
        ),
        (
            "payload_reason = 'lost'",
            "deliveries_payload_reason_exists",
        ),
        (
            "payload_expires_at = NULL",
            "deliveries_payload_stored_or_scrubbed",
        ),
        (
            "payload_scrubbed_at = 1",
            "deliveries_payload_stored_or_scrubbed",
        ),
        (
            "state = 'succeeded', due_at = NULL",
            "deliveries_succeeded_is_delivered",
        ),
        (
            "state = 'failed', due_at = NULL",
            "deliveries_under_way_have_a_payload",
        ),
        ("attempt_count = 1", "deliveries_last_attempt_is_counted"),
        (
            "last_status_code = 200",
            "deliveries_status_code_of_an_attempt",
        ),
    ] {
        let sql = format!("UPDATE deliveries SET {change}");
        database.refuses(&sql, rule).await;
    }
    let again = "INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, \
             claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, \
             last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, \
             created_at, updated_at, last_failure_reason) \
             SELECT 'whd_2', organization_id, event_id, endpoint_id, \
                 encryption_key_id, state, due_at, claimed_at, lease_holder, lease_until, \
                 attempt_count, last_attempt_at, last_status_code, payload_reason, \
                 payload_expires_at, payload_scrubbed_at, created_at, updated_at, last_failure_reason FROM deliveries";
    database.refuses(again, "UNIQUE").await;
}

#[tokio::test]
async fn an_organization_takes_everything_with_it() {
    let database = Database::new().await;
    database.accepts(ORGANIZATION).await;
    database.accepts(ENDPOINT).await;
    database
        .check_events("a", &[("session.expired", true)])
        .await;
    database
        .accepts(
            "INSERT INTO encryption_keys VALUES ('whk_1', \
             x'00000000000000000000000000000001', 'whe_1', 'k', 'n', 'e', 1, 1, NULL, NULL, NULL)",
        )
        .await;
    database
        .accepts(
            "INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, \
             claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, \
             last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, \
             created_at, updated_at, last_failure_reason) VALUES ('whd_1', x'00000000000000000000000000000001', \
             'evt_a_session.expired', 'whe_1', 'whk_1', 'pending', 1, NULL, NULL, NULL, 0, NULL, \
             NULL, 'pending_delivery', 9, NULL, 1, 1, NULL)",
        )
        .await;
    database
        .accepts("INSERT INTO delivery_payloads VALUES ('whd_1', 'a.b.c.d.e')")
        .await;
    for (table, rule) in [
        ("endpoints", "FOREIGN KEY"),
        ("encryption_keys", "FOREIGN KEY"),
    ] {
        database
            .refuses(&format!("DELETE FROM {table}"), rule)
            .await;
    }
    database.accepts("DELETE FROM organizations").await;
    let left = "SELECT delivery_id FROM delivery_payloads UNION ALL SELECT id FROM endpoints";
    let left = database
        .store
        .connection()
        .query_all_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            left,
        ));
    assert!(left.await.unwrap().is_empty());
}
