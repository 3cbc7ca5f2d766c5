//! Damaged rows on SQLite, whose columns take values of any type.

use sea_orm::ConnectionTrait;

use crate::database::Database;
use crate::village::{Of, SENSELESS, Village};

/// Values of another type than their column's.
const OF_ANOTHER_TYPE: &[(&str, &str, &str, Of)] = &[
    ("organizations", "created_at", "'once'", Of::Organization),
    (
        "organizations",
        "pending_deletion_at",
        "'soon'",
        Of::Organization,
    ),
    ("api_keys", "enabled", "'maybe'", Of::Organization),
    ("api_keys", "request_count", "'many'", Of::Organization),
    ("endpoints", "retention_hours", "'long'", Of::Endpoint),
    ("endpoints", "created_at", "'once'", Of::Endpoint),
    ("endpoints", "subscription", "x'ff00'", Of::Endpoint),
    ("encryption_keys", "created_at", "'once'", Of::Key),
    ("sessions", "created_at", "'once'", Of::Session),
    ("sessions", "revision", "'first'", Of::Session),
    ("sessions", "share_contract", "x'ff00'", Of::Session),
    ("events", "created_at", "'once'", Of::Event),
    ("deliveries", "created_at", "'once'", Of::Due),
    ("deliveries", "due_at", "'soon'", Of::Due),
    ("deliveries", "due_at", "1.5", Of::Due),
    ("deliveries", "payload_expires_at", "'never'", Of::Due),
    ("deliveries", "attempt_count", "'some'", Of::Due),
    ("deliveries", "lease_until", "1.5", Of::Leased),
    ("deliveries", "created_at", "'once'", Of::Leased),
    ("deliveries", "created_at", "'once'", Of::Expired),
    ("deliveries", "payload_expires_at", "1.5", Of::Expired),
    ("delivery_payloads", "jwe", "x'ff00'", Of::Due),
    ("audit_rows", "created_at", "'once'", Of::Organization),
    ("audit_chains", "anchor_hash", "x'ff00'", Of::Organization),
];

/// More than any loop takes at once.
const MANY: usize = 600;

#[tokio::test]
async fn one_damaged_row_stops_nobody_else() {
    for &(table, column, value, of) in SENSELESS.iter().chain(OF_ANOTHER_TYPE) {
        let what = format!("{table}.{column} = {value} of {of:?}");
        let database = Database::new().await;
        let village = Village::on(database.store.clone()).await;
        let rules = Rules::lift(&database).await;
        village.damage(table, column, value, of).await;
        rules.put_back().await;
        village.the_doctor_names(table, &what).await;
        village.lists_are_read(&what).await;
        village.everything_goes_on(&what).await;
        village.no_expired_bytes_are_left(&what).await;
    }
}

#[tokio::test]
async fn more_damaged_rows_than_a_batch_stop_nobody_else() {
    for (table, column, value) in [
        ("sessions", "share_contract", "'['"),
        ("sessions", "revision", "'first'"),
        ("deliveries", "attempt_count", "-1"),
        ("deliveries", "created_at", "'once'"),
        ("deliveries", "due_at", "1.5"),
    ] {
        let what = format!("every {table}.{column} = {value}");
        let database = Database::new().await;
        let village = Village::with_backlog(database.store.clone(), MANY).await;
        let rules = Rules::lift(&database).await;
        village.damage_all(table, column, value).await;
        rules.put_back().await;
        village.the_doctor_names(table, &what).await;
        village.lists_are_read(&what).await;
        village.everything_goes_on(&what).await;
        village.no_expired_bytes_are_left(&what).await;
    }
}

#[tokio::test]
async fn a_withdrawal_erases_the_bytes_of_a_delivery_that_cannot_be_read() {
    let database = Database::new().await;
    let village = Village::on(database.store.clone()).await;
    let rules = Rules::lift(&database).await;
    village
        .damage("deliveries", "attempt_count", "-1", Of::Due)
        .await;
    rules.put_back().await;
    village.a_withdrawal_erases_what_cannot_be_read().await;
}

/// The schema's rules, not looked at: as if the file had been damaged elsewhere.
struct Rules<'a>(&'a Database);

impl<'a> Rules<'a> {
    async fn lift(database: &'a Database) -> Self {
        let rules = Self(database);
        rules.set("PRAGMA foreign_keys = OFF").await;
        rules.set("PRAGMA ignore_check_constraints = ON").await;
        rules
    }

    async fn put_back(self) {
        self.set("PRAGMA foreign_keys = ON").await;
        self.set("PRAGMA ignore_check_constraints = OFF").await;
    }

    async fn set(&self, pragma: &str) {
        let connection = self.0.store.connection();
        let set = connection.execute_unprepared(pragma).await;
        set.expect("the pragma is known");
    }
}
