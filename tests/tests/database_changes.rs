//! What administrators do to a database under a running service.

use kayle_testkit::receiver::Behaviour;

use crate::support::database::{Database, change, widen_every_table};
use crate::support::report::success;
use crate::support::{Customer, Installation, eventually};

#[tokio::test]
async fn a_column_is_added_to_every_table_and_nobody_notices() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    // Every statement on the way of a delivery is prepared now.
    for _ in 0..20 {
        delivered(&installation).await;
    }
    let tables = widen_every_table(installation.service.database(), "added_later").await;
    assert!(12 < tables, "{tables} tables");
    for _ in 0..3 {
        delivered(&installation).await;
    }
    for path in [
        "/v1/webhooks/endpoints",
        "/v1/webhooks/deliveries",
        "/v1/webhooks/events",
    ] {
        assert_eq!(installation.api().get(path).await.status, 200);
    }
    assert_eq!(customer.requests(23).await.len(), 23);
}

#[tokio::test]
async fn a_column_whose_type_changes_costs_no_connection_more_than_one_answer() {
    let installation = Installation::start_on(Database::postgres(), &[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    delivered(&installation).await;
    let database = installation.service.database().expect_postgres();
    database.query("ALTER TABLE endpoints ALTER COLUMN name TYPE varchar(500)");
    database.query("ALTER TABLE events ALTER COLUMN attempt_id TYPE varchar(500)");
    delivered_eventually(&installation).await;
    delivered(&installation).await;
}

#[tokio::test]
async fn a_database_that_was_read_only_for_a_while_is_written_again() {
    let installation = Installation::start_on(Database::postgres(), &[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    delivered(&installation).await;
    let database = installation.service.database().expect_postgres();
    let name = database.query("SELECT current_database()");
    database.on_server(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on"
    ));
    database.query(CUT_EVERYBODY_OFF);

    eventually("writes are refused", async || {
        let answer = installation.api().post_empty("/v1/sessions").await;
        (answer.status == 503).then_some(())
    })
    .await;
    let list = installation.api().get("/v1/webhooks/endpoints").await;
    assert_eq!(list.status, 200, "what reads goes on");

    // Nobody is cut off: the sessions that may only read are left to be found out.
    database.on_server(&format!(
        "ALTER DATABASE {name} RESET default_transaction_read_only"
    ));
    delivered_eventually(&installation).await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_by_every_command() {
    let mut installation = Installation::start(&[]).await;
    installation.service.ask_to_stop();
    installation.service.ended().await;
    let service = &installation.service;
    change(
        service.database(),
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_later', 0)",
    )
    .await;
    for arguments in [
        &["serve"][..],
        &["migrate", "up"],
        &["migrate", "status"],
        &["admin", "doctor"],
        &["admin", "organization", "create", "--name", "x"],
    ] {
        let output = service.run(arguments).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            stderr.contains("the database is newer than this program")
                && stderr.contains("m20991231_000001_later"),
            "{arguments:?}: {stderr}"
        );
    }
}

const CUT_EVERYBODY_OFF: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn delivered(installation: &Installation) {
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
}

/// Delivers something as soon as sessions can be opened and reported on.
async fn delivered_eventually(installation: &Installation) {
    let delivery_id = eventually("a report is accepted", async || {
        let session = installation.api().post_empty("/v1/sessions").await;
        let session_id = session.json()["data"]["id"].as_str()?.to_owned();
        let reported = installation.report(&session_id, &success()).await;
        Some(
            reported.json()["data"]["deliveries"][0]
                .as_str()?
                .to_owned(),
        )
    })
    .await;
    installation.delivery_in("succeeded", &delivery_id).await;
}
