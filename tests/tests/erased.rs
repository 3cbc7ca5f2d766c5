//! What was erased is gone from the disk, too, and not only from the tables.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::database::{self, Database, Postgres};
use crate::support::report::success;
use crate::support::{Customer, Installation, eventually, text};

/// The payloads that were on disk for a while, each with what ended it.
struct Erased(Vec<Ended>);

/// What ended a payload, and the payload.
type Ended = (&'static str, String);

/// The attempts of these are over when the first has failed.
const SETTINGS: [(&str, &str); 1] = [("KAYLE_RETRY_SCHEDULE_SHORT", "0s")];

/// Erases payloads in each of the ways there are.
async fn erase(installation: &Installation) -> Erased {
    let api = installation.api();
    let mut erased = Vec::new();

    let good = Customer::register(api, Behaviour::good()).await;
    for _ in 0..20 {
        let delivery_id = installation.deliver_success().await;
        installation.delivery_in("succeeded", &delivery_id).await;
    }
    for request in good.requests(20).await {
        erased.push(("delivered", body_of(&request.body)));
    }
    delete(installation, &good).await;

    let failing = || Behaviour::always(Reaction::Status(500));
    let unretained = json!({ "retry_schedule": "short", "undelivered_payload_retention_hours": 0 });
    let unretained = Customer::register_with(api, failing(), unretained).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("failed", &delivery_id).await;
    let request = unretained.requests(1).await.remove(0);
    erased.push(("failed without retention", body_of(&request.body)));
    delete(installation, &unretained).await;

    let retained = Customer::register(api, failing()).await;
    let session = installation.open_session(&json!({})).await;
    let reported = installation.report(text(&session, "/id"), &success()).await;
    let delivery_id = text(&reported.data(), "/deliveries/0").to_owned();
    installation.delivery_in("failed", &delivery_id).await;
    erased.push(("withdrawn", payload(installation, &delivery_id).await));
    withdraw(installation, &session).await;

    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("failed", &delivery_id).await;
    erased.push(("expired", payload(installation, &delivery_id).await));
    let database = installation.service.database();
    let expire = format!("UPDATE deliveries SET payload_expires_at = 1 WHERE id = '{delivery_id}'");
    assert_eq!(database::change(database, &expire).await, 1);
    installation
        .delivery_where(&delivery_id, |delivery| {
            delivery["payload_retention_reason"] == "expired"
        })
        .await;

    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("failed", &delivery_id).await;
    erased.push((
        "of a deleted endpoint",
        payload(installation, &delivery_id).await,
    ));
    delete(installation, &retained).await;
    Erased(erased)
}

fn body_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("a JWE is text")
}

async fn payload(installation: &Installation, delivery_id: &str) -> String {
    let read = format!("SELECT jwe FROM delivery_payloads WHERE delivery_id = '{delivery_id}'");
    database::text(installation.service.database(), &read).await
}

async fn delete(installation: &Installation, customer: &Customer) {
    let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
    let request = installation.api().request(Method::DELETE, &path);
    assert_eq!(send(request).await.status, 200);
}

async fn withdraw(installation: &Installation, session: &Value) {
    let path = format!("/v1/verify/session/{}/cancel", text(session, "/id"));
    let request = installation.api().anonymous(Method::POST, &path);
    let token = json!({ "cancel_token": session["cancel_token"] });
    assert_eq!(send(request.json(&token)).await.status, 204);
}

impl Erased {
    /// Returns what ended the payloads of which a piece is among these bytes.
    fn found_in(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let pieces: HashMap<&[u8], &'static str> = self.0.iter().flat_map(pieces).collect();
        let windows = bytes.windows(PIECE_BYTES);
        windows
            .filter_map(|window| pieces.get(window).copied())
            .collect()
    }
}

/// So many bytes of a payload are found by no accident.
const PIECE_BYTES: usize = 64;

/// Returns the pieces of a payload, without its header, which others have, too.
fn pieces((end, jwe): &Ended) -> Vec<(&[u8], &'static str)> {
    let (_, after_header) = jwe.split_once('.').expect("a JWE has five parts");
    let pieces = after_header.as_bytes().chunks_exact(PIECE_BYTES);
    pieces.map(|piece| (piece, *end)).collect()
}

#[tokio::test]
async fn the_embedded_databases_files_hold_nothing_of_an_erased_payload() {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let database = Database::sqlite(folder.path());
    let mut installation = Installation::start_on(database, &SETTINGS).await;
    let pending = held_back(&installation).await;
    let erased = erase(&installation).await;

    let log = folder.path().join("kayle.db-wal");
    eventually("the log is folded", async || {
        (fs::metadata(&log).ok()?.len() == 0).then_some(())
    })
    .await;
    let files = all_bytes(folder.path());
    assert_eq!(erased.found_in(&files), BTreeSet::new(), "while it runs");
    assert_eq!(
        pending.found_in(&files),
        BTreeSet::from(["not erased"]),
        "the search looks in the wrong place"
    );
    installation.service.ask_to_stop();
    installation.service.ended().await;
    assert_eq!(
        erased.found_in(&all_bytes(folder.path())),
        BTreeSet::new(),
        "after a stop"
    );
}

#[tokio::test]
async fn a_vacuum_of_postgresql_leaves_nothing_of_an_erased_payload_in_the_tables_files() {
    let installation = Installation::start_on(Database::postgres(), &SETTINGS).await;
    let erased = erase(&installation).await;
    let database = installation.service.database().expect_postgres();
    let before = tables_files(database);
    assert_ne!(
        erased.found_in(before.as_bytes()),
        BTreeSet::new(),
        "the search looks in the wrong place"
    );
    eventually("nothing is found", async || {
        database.query("VACUUM delivery_payloads");
        let found = erased.found_in(tables_files(database).as_bytes());
        found.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn postgresql_vacuums_as_soon_as_a_payload_was_erased() {
    let installation = Installation::start_on(Database::postgres(), &[]).await;
    let database = installation.service.database().expect_postgres();
    let options = "SELECT unnest(reloptions) FROM pg_class WHERE relname = 'delivery_payloads'";
    let options = database.query(options);
    for option in [
        "autovacuum_vacuum_scale_factor=0",
        "autovacuum_vacuum_threshold=0",
        "vacuum_index_cleanup=on",
    ] {
        assert!(options.lines().any(|line| line == option), "{options}");
    }
}

/// Makes a payload that waits for its endpoint.
async fn held_back(installation: &Installation) -> Erased {
    let api = installation.api();
    let disabled = Customer::register(api, Behaviour::always(Reaction::Status(500))).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("failed", &delivery_id).await;
    let path = format!("/v1/webhooks/endpoints/{}", disabled.endpoint_id);
    let request = api.request(Method::PATCH, &path);
    let answer = send(request.json(&json!({ "enabled": false }))).await;
    assert_eq!(answer.status, 200);
    Erased(vec![(
        "not erased",
        payload(installation, &delivery_id).await,
    )])
}

fn all_bytes(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).expect("it is there").flatten();
    let files = entries.map(|entry| fs::read(entry.path()).expect("it is there"));
    files.collect::<Vec<_>>().concat()
}

/// Returns what is in the files of the table of payloads and of its long values.
fn tables_files(database: &Postgres) -> String {
    database.query("CHECKPOINT");
    let file = |relation: &str| {
        format!("encode(pg_read_binary_file(pg_relation_filepath({relation})), 'escape')")
    };
    let (table, long) = (file("oid"), file("reltoastrelid"));
    database.query(&format!(
        "SELECT {table} || {long} FROM pg_class WHERE relname = 'delivery_payloads'"
    ))
}
