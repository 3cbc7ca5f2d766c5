use std::sync::Arc;
use std::time::Duration;

use kayle_delivery::Delivery;
use kayle_testkit::builders::Builders;
use kayle_testkit::seed::Seed;
use migration::{Migrator, MigratorTrait};

use super::*;
use crate::StoreOptions;

/// A database with three deliveries to one endpoint, and the folder it lies in.
struct House {
    store: SqlStore,
    deliveries: Vec<Delivery>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/kayle.db?mode=rwc", folder.path().display());
        let options = StoreOptions::default();
        let store = SqlStore::connect(&url.parse().unwrap(), &options)
            .await
            .unwrap();
        Migrator::up(store.connection(), None).await.unwrap();
        let seed = Seed {
            make: Builders::default(),
            store: Arc::new(store.clone()),
        };
        let organization = seed.organization().await;
        let subscriber = seed.subscriber(&organization).await;
        let mut deliveries = Vec::new();
        for _ in 0..3 {
            deliveries.push(seed.delivery(&subscriber).await);
        }
        let house = Self {
            store,
            deliveries,
            _folder: folder,
        };
        // The endpoint was there long before the events.
        house.damage("UPDATE endpoints SET updated_at = 0").await;
        house
    }

    /// Changes rows as no operation of the service would.
    async fn damage(&self, sql: &str) {
        for statement in [
            "PRAGMA foreign_keys = OFF",
            "PRAGMA ignore_check_constraints = ON",
            sql,
        ] {
            let connection = self.store.connection();
            connection.execute_unprepared(statement).await.unwrap();
        }
    }

    async fn violations(&self) -> Vec<Violation> {
        let now = self.deliveries[0].created_at;
        let overdue = Overdue {
            leased_until: now.minus(Duration::from_mins(1)),
            payload_expired_at: now.minus(Duration::from_mins(1)),
            due_at: now.minus(Duration::from_mins(1)),
        };
        self.store.violations(&overdue).await.unwrap()
    }
}

/// Damages the first delivery, whose id and event `sql` names `{id}` and `{event}`, and expects
/// `invariant` alone to be broken by it.
async fn check(sql: &str, invariant: Invariant) {
    let house = House::new().await;
    let first = &house.deliveries[0];
    for statement in sql.split("; ") {
        let statement = statement
            .replace("{id}", first.id.as_str())
            .replace("{event}", first.event_id.as_str())
            .replace("{other}", house.deliveries[1].event_id.as_str());
        house.damage(&statement).await;
    }
    let found = house.violations().await;
    let names: Vec<Invariant> = found.iter().map(|found| found.invariant).collect();
    assert_eq!(names, [invariant], "{sql}");
    assert_eq!(found[0].count, 1, "{sql}");
    assert_eq!(found[0].examples.len(), 1, "{sql}");
}

#[tokio::test]
async fn nothing_is_wrong_with_what_the_operations_write() {
    assert_eq!(House::new().await.violations().await, []);
}

#[tokio::test]
async fn an_event_that_was_not_fanned_out_is_named() {
    let sql = "DELETE FROM delivery_payloads WHERE delivery_id = '{id}'; \
               DELETE FROM deliveries WHERE id = '{id}'";
    check(sql, Invariant::EventIsFannedOut).await;
}

#[tokio::test]
async fn an_event_for_other_endpoints_only_was_fanned_out() {
    let house = House::new().await;
    house
        .damage("UPDATE sessions SET targets = '[\"whe_another\"]'")
        .await;
    house.damage("DELETE FROM delivery_payloads").await;
    house.damage("DELETE FROM deliveries").await;
    assert_eq!(house.violations().await, []);
}

#[tokio::test]
async fn a_second_delivery_to_the_same_endpoint_is_named() {
    let sql = "DROP INDEX deliveries_once_per_endpoint; \
               DELETE FROM events WHERE id = '{event}'; \
               UPDATE deliveries SET event_id = '{other}' WHERE id = '{id}'";
    check(sql, Invariant::OneDeliveryPerEndpoint).await;
}

#[tokio::test]
async fn a_delivery_without_its_event_is_named() {
    let sql = "DELETE FROM events WHERE id = '{event}'";
    check(sql, Invariant::DeliveryHasItsEvent).await;
}

#[tokio::test]
async fn a_delivery_without_its_endpoint_is_named() {
    let sql = "UPDATE endpoints SET disabled_at = 0; \
               UPDATE deliveries SET endpoint_id = 'whe_nowhere' WHERE id = '{id}'";
    check(sql, Invariant::DeliveryHasItsEndpoint).await;
}

#[tokio::test]
async fn a_delivery_for_a_key_of_another_endpoint_is_named() {
    let sql = "UPDATE deliveries SET encryption_key_id = 'whk_nowhere' WHERE id = '{id}'";
    check(sql, Invariant::DeliveryHasItsEndpoint).await;
}

#[tokio::test]
async fn bytes_that_should_be_gone_are_named() {
    let sql = "UPDATE deliveries SET state = 'succeeded', due_at = NULL, \
               payload_reason = 'delivered', payload_expires_at = NULL, payload_scrubbed_at = 1 \
               WHERE id = '{id}'";
    check(sql, Invariant::EndedDeliveryHasNoBytes).await;
    check(
        "INSERT INTO delivery_payloads VALUES ('whd_nowhere', 'a.b.c.d.e')",
        Invariant::EndedDeliveryHasNoBytes,
    )
    .await;
}

#[tokio::test]
async fn bytes_that_are_lost_are_named() {
    let sql = "DELETE FROM delivery_payloads WHERE delivery_id = '{id}'";
    check(sql, Invariant::StoredPayloadHasBytes).await;
}

#[tokio::test]
async fn what_is_overdue_is_named() {
    let lease = "UPDATE deliveries SET state = 'delivering', due_at = NULL, claimed_at = 1, \
                 lease_holder = 'x', lease_until = 1 WHERE id = '{id}'";
    check(lease, Invariant::LeaseIsTakenOver).await;
    let payload = "UPDATE deliveries SET payload_expires_at = 1 WHERE id = '{id}'";
    check(payload, Invariant::ExpiredPayloadIsScrubbed).await;
    let due = "UPDATE deliveries SET due_at = 1 WHERE id = '{id}'";
    check(due, Invariant::DueDeliveryIsClaimed).await;
}

#[tokio::test]
async fn many_violations_are_counted_and_some_are_named() {
    let house = House::new().await;
    for number in 0..7 {
        let sql = format!("INSERT INTO delivery_payloads VALUES ('whd_{number}', 'a.b.c.d.e')");
        house.damage(&sql).await;
    }
    let found = house.violations().await;
    assert_eq!(found[0].count, 7);
    assert_eq!(found[0].examples.len(), EXAMPLES_MAX);
    assert_eq!(found[0].examples[0], "whd_0");
}

#[test]
fn every_rule_of_the_rows_has_its_question() {
    let at = Timestamp::from_unix_ms(5);
    let overdue = Overdue {
        leased_until: at,
        payload_expired_at: at,
        due_at: at,
    };
    for invariant in Invariant::STORED {
        // Whether a row can be read takes more than a question: it is read.
        let is_asked = question(invariant, &overdue).is_some();
        assert_eq!(
            is_asked,
            invariant != Invariant::RowIsReadable,
            "{invariant:?}"
        );
    }
}
