//! An installation outgrows its file: it is moved to PostgreSQL with the commands of
//! `docs/operations.md`, and goes on there as if nothing had happened.

use std::path::Path;
use std::process::Output;

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::database::{self, Database};
use crate::support::report::success;
use crate::support::service::Launch;
use crate::support::{
    Customer, Installation, SECRET_KEY, Service, binary, eventually, text, within_patience,
};

/// What a kill leaves in flight is taken over after this lease.
const SETTINGS: [(&str, &str); 4] = [
    ("KAYLE_SECRET_KEY", SECRET_KEY),
    ("KAYLE_DELIVERY_TIMEOUT", "2s"),
    ("KAYLE_DELIVERY_LEASE", "4s"),
    ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,4s,1s"),
];

const ANOTHER_KEY: &str = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_goes_on_where_it_was_moved_to() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    let new = Database::postgres();
    let mut installation = Installation::start_on(Database::Sqlite(old.clone()), &SETTINGS).await;
    let api = installation.api();
    let quick = Customer::register(api, Behaviour::good()).await;
    let withdrawn = withdrawn_session(&installation).await;
    quick.requests(1).await;
    let refuses_once = Behaviour::script([Reaction::Status(500)]);
    let refuses_once = Customer::register(api, refuses_once).await;
    let silent_once = Behaviour::script([Reaction::Silence]);
    let silent_once = Customer::register(api, silent_once).await;
    let session_id = installation.session_id().await;
    installation.report(&session_id, &success()).await.data();
    for customer in [&refuses_once, &silent_once] {
        customer.requests(1).await;
    }
    eventually("one waits for its next attempt", async || {
        let deliveries = api.list("/v1/webhooks/deliveries").await;
        let of = |status: &str| deliveries.iter().filter(|d| d["status"] == status).count();
        let (ended, waiting) = (of("succeeded"), of("pending"));
        (ended == 2 && waiting > 0 && waiting + of("delivering") == 2).then_some(())
    })
    .await;
    installation.service.kill().await;

    let copied = copy(folder.path(), &url(&old), &new.url(), SECRET_KEY).await;
    let told = String::from_utf8_lossy(&copied.stdout);
    assert!(copied.status.success(), "{copied:?}");
    assert!(told.contains("4 deliveries"), "{told}");
    let service = Service::start_on(new, Launch::Directly, &SETTINGS).await;
    let found = service.admin(&["doctor"]).await;
    assert_eq!(found["whole"], true, "{found}");
    let verified = service.try_admin(&["audit", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    installation.move_to(service);

    let api = installation.api();
    let session = api.get(&format!("/v1/sessions/{withdrawn}")).await.data();
    assert_eq!(session["status"], "cancelled");
    eventually("everything has succeeded", async || {
        let deliveries = api.list("/v1/webhooks/deliveries").await;
        let succeeded = |delivery: &Value| delivery["status"] == "succeeded";
        (deliveries.len() == 4 && deliveries.iter().all(succeeded)).then_some(())
    })
    .await;
    for customer in [&quick, &refuses_once, &silent_once] {
        let requests = customer.receiver.received();
        assert_eq!(requests.len(), 2);
        for request in &requests {
            customer.open(request);
        }
    }
    let database = installation.service.database();
    assert_eq!(database::count(database, "delivery_payloads").await, 0);
    installation.deliver_to_all(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_would_lose_or_mix_something_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    let (new, bare) = (Database::postgres(), Database::bare_postgres());
    let old_url = url(&old);
    let move_to = async |to: &str, key| copy(folder.path(), &old_url, to, key).await;

    let mut installation = Installation::start_on(Database::Sqlite(old.clone()), &SETTINGS).await;
    Customer::register(installation.api(), Behaviour::good()).await;
    let running = move_to(&new.url(), SECRET_KEY).await;
    expect_refusal(&running, "another process has the database open");
    installation.session_id().await;
    installation.service.ask_to_stop();
    installation.service.ended().await;

    expect_refusal(&move_to(&new.url(), ANOTHER_KEY).await, "old.db.key");
    expect_refusal(
        &move_to(&new.url(), "").await,
        "KAYLE_SECRET_KEY is required",
    );
    expect_refusal(
        &move_to(&bare.url(), SECRET_KEY).await,
        "`kayle-webhooks migrate up`",
    );
    expect_refusal(&move_to(&old_url, SECRET_KEY).await, "the same database");
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    for (from, told) in [
        (url(&folder.path().join("missing.db")), "there is no file"),
        (url(&empty), "--from: the database lacks"),
        ("old.db".to_owned(), "--from: must be sqlite:"),
        (bare.url(), "--from must name an SQLite database"),
    ] {
        let refused = copy(folder.path(), &from, &new.url(), SECRET_KEY).await;
        expect_refusal(&refused, told);
    }
    assert_eq!(std::fs::metadata(&empty).unwrap().len(), 0);
    assert!(!folder.path().join("missing.db").exists());
    assert_eq!(database::count(&new, "organizations").await, 0);

    assert!(move_to(&new.url(), SECRET_KEY).await.status.success());
    let again = move_to(&new.url(), SECRET_KEY).await;
    expect_refusal(&again, "not empty: there are rows in organizations");
}

impl Installation {
    /// Has an event delivered to so many endpoints.
    async fn deliver_to_all(&self, endpoints: usize) {
        let session_id = self.session_id().await;
        let reported = self.report(&session_id, &success()).await.data();
        let deliveries = reported["deliveries"].as_array().cloned();
        let deliveries = deliveries.expect("a report says what it causes");
        assert_eq!(deliveries.len(), endpoints);
        for delivery in &deliveries {
            self.delivery_in("succeeded", text(delivery, "")).await;
        }
    }
}

/// Opens a session that its person withdraws from, and returns its id.
async fn withdrawn_session(installation: &Installation) -> String {
    let session = installation.open_session(&json!({})).await;
    let id = text(&session, "/id");
    let path = format!("/v1/verify/session/{id}/cancel");
    let cancel = installation.api().anonymous(reqwest::Method::POST, &path);
    let token = json!({ "cancel_token": session["cancel_token"] });
    assert_eq!(send(cancel.json(&token)).await.status, 204);
    id.to_owned()
}

/// Returns the URL that the service was started with.
fn url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

async fn copy(folder: &Path, from: &str, to: &str, key: &str) -> Output {
    let settings = [("KAYLE_DATABASE_URL", to), ("KAYLE_SECRET_KEY", key)];
    let mut command = binary::command(folder, settings);
    let copied = command.args(["migrate", "copy", "--from", from]).output();
    let copied = within_patience("the command ends", copied).await;
    copied.expect("the binary can be started")
}

#[track_caller]
fn expect_refusal(output: &Output, told: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr.contains(told), "{told:?} is not told: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
}
