//! Rows that cannot be read, under a running service: each stops nobody else.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::database::{count, damage};
use crate::support::report::success;
use crate::support::{Customer, Installation, eventually, text};

#[tokio::test]
async fn a_session_of_a_newer_version_keeps_no_other_from_expiring() {
    let installation = Installation::start(&[("KAYLE_SESSION_LIFETIME", "3s")]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let newer = installation.session_id().await;
    let other = installation.session_id().await;
    let share_contract =
        r#"{"claim_of_tomorrow":{"required":true,"reason":"","source":"requested"}}"#;
    let sql =
        format!("UPDATE sessions SET share_contract = '{share_contract}' WHERE id = '{newer}'");
    damage(installation.service.database(), &sql).await;

    let expired = customer.open(&customer.requests(1).await[0]);
    assert_eq!(
        text(&expired, "/metadata/verification_session_id"),
        other,
        "{expired}"
    );
    the_log_names(&installation, "sessions", "share_contract", &newer).await;
    the_doctor_names(
        &installation,
        &format!("sessions.share_contract of {newer}"),
    )
    .await;
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_read_keeps_no_result_and_no_claim_back() {
    let installation = Installation::start(&[("KAYLE_RETRY_SCHEDULE_SHORT", "0s")]).await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(500)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    damage_endpoint(&installation, &customer).await;
    customer.receiver.release();
    // The schedule has run out, for which the endpoint's retention is asked.
    installation.delivery_in("failed", &delivery_id).await;

    let other = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;
    let reported = installation.report(&session_id, &success()).await.data();
    let deliveries = reported["deliveries"].as_array().map(Vec::len);
    assert_eq!(deliveries, Some(1), "the other endpoint has its delivery");
    other.requests(1).await;
    let ready = installation.api().get("/health/ready").await;
    assert_eq!(ready.status, 200);
    let listed = installation.api().list("/v1/webhooks/endpoints").await;
    let listed: Vec<&str> = listed
        .iter()
        .map(|endpoint| text(endpoint, "/id"))
        .collect();
    assert_eq!(listed, [other.endpoint_id.as_str()]);
    let place = format!("endpoints.subscription of {}", customer.endpoint_id);
    the_doctor_names(&installation, &place).await;
}

#[tokio::test]
async fn a_signing_secret_that_cannot_be_opened_fails_its_own_deliveries_only() {
    let installation = Installation::start(&[("KAYLE_RETRY_SCHEDULE_SHORT", "0s")]).await;
    let damaged = Customer::register(installation.api(), Behaviour::good()).await;
    let other = Customer::register(installation.api(), Behaviour::good()).await;
    let sql = format!(
        "UPDATE endpoints SET signing_secret_key_id = 'another key' WHERE id = '{}'",
        damaged.endpoint_id
    );
    damage(installation.service.database(), &sql).await;
    let session_id = installation.session_id().await;
    installation.report(&session_id, &success()).await.data();
    other.requests(1).await;
    assert_eq!(
        damaged.receiver.received().len(),
        0,
        "nothing is sent unsigned"
    );
    let check = "signing_secret_opens";
    the_doctor_finds(&installation, check, &damaged.endpoint_id).await;
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_keeps_no_expired_payload() {
    let schedule = ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1h");
    let installation = Installation::start(&[schedule]).await;
    let behaviour = Behaviour::always(Reaction::Status(500));
    let _customer = Customer::register(installation.api(), behaviour).await;
    let damaged = waiting_delivery(&installation).await;
    let other = waiting_delivery(&installation).await;
    let database = installation.service.database();
    assert_eq!(count(database, "delivery_payloads").await, 2);
    let sql = format!("UPDATE deliveries SET attempt_count = -1 WHERE id = '{damaged}'");
    damage(database, &sql).await;
    for id in [&damaged, &other] {
        let sql = format!("UPDATE deliveries SET payload_expires_at = 1 WHERE id = '{id}'");
        damage(database, &sql).await;
    }

    let delivery = installation.delivery_in("failed", &other).await;
    assert_eq!(delivery["payload_retention_reason"], "expired");
    eventually("the bytes of both are gone", async || {
        (count(database, "delivery_payloads").await == 0).then_some(())
    })
    .await;
    let listed = installation.api().list("/v1/webhooks/deliveries").await;
    let listed: Vec<&str> = listed
        .iter()
        .map(|delivery| text(delivery, "/id"))
        .collect();
    assert_eq!(listed, [other.as_str()]);
}

/// Creates a delivery that waits for its second attempt, in an hour.
async fn waiting_delivery(installation: &Installation) -> String {
    let id = installation.deliver_success().await;
    let has_failed = |delivery: &Value| delivery["attempt_count"] == 1;
    installation.delivery_where(&id, has_failed).await;
    id
}

async fn damage_endpoint(installation: &Installation, customer: &Customer) {
    let sql = format!(
        "UPDATE endpoints SET subscription = '[\"an.event.of.tomorrow\"]' WHERE id = '{}'",
        customer.endpoint_id
    );
    damage(installation.service.database(), &sql).await;
}

/// Waits until the log names a place, and asserts that it does so once.
async fn the_log_names(installation: &Installation, table: &str, column: &str, id: &str) {
    let named = || {
        let log = installation.service.log();
        log.lines()
            .filter(|line| line.contains("is passed over"))
            .filter(|line| [table, column, id].iter().all(|word| line.contains(word)))
            .count()
    };
    eventually("the log names the row", async || {
        (0 < named()).then_some(())
    })
    .await;
    // Other sweeps have come by, as the customer's webhook says.
    assert_eq!(named(), 1);
}

async fn the_doctor_names(installation: &Installation, place: &str) {
    the_doctor_finds(installation, "row_is_readable", place).await;
}

async fn the_doctor_finds(installation: &Installation, check: &str, example: &str) {
    let sick = installation.service.try_admin(&["doctor"]).await;
    assert_eq!(sick.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&sick.stdout).expect("the doctor writes JSON");
    let found = found["findings"].as_array().expect("findings are a list");
    let finding = found.iter().find(|finding| finding["check"] == check);
    let examples = &finding.expect("the check fails")["examples"];
    assert_eq!(*examples, json!([example]));
}
