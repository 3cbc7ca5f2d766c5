//! A property-based tester that knows nothing but the OpenAPI document: no 5xx, and no answer that
//! the document does not allow. Its settings stand in `tests/openapi/schemathesis.toml`.

use std::path::{Path, PathBuf};

use kayle_testkit::receiver::Behaviour;
use tokio::process::Command;

use crate::support::installation::api_key;
use crate::support::{Customer, Installation, text, tools};

/// How often each operation is tried in each phase: what fits into half a minute.
const EXAMPLES: &str = "20";

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/schemathesis.toml");

/// What only people may do. Apart from the rest, because it deletes API keys.
const FOR_PEOPLE: [&str; 2] = ["API keys", "Audit log"];

#[tokio::test]
async fn a_tester_finds_no_answer_that_the_document_does_not_allow() {
    let installation = Installation::start(&[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    installation.deliver_success().await;
    let tags = FOR_PEOPLE.map(|tag| ["--exclude-tag", tag]);
    run(&installation, tags.as_flattened()).await;
}

#[tokio::test]
async fn a_tester_finds_none_at_the_dashboards_operations_either() {
    let installation = Installation::start(&[]).await;
    let tags = FOR_PEOPLE.map(|tag| ["--include-tag", tag]);
    run(&installation, tags.as_flattened()).await;
}

/// Runs the tester on these operations, and shows what it has to say if it found something.
async fn run(installation: &Installation, operations: &[&str]) {
    let service = &installation.service;
    let organization = installation.organization.id.as_str();
    let scopes = ["sessions:write", "webhooks:write"];
    let key = api_key(service, organization, &scopes).await;
    let session = service
        .admin(&[
            "session-token",
            "create",
            "--organization",
            organization,
            "--role",
            "owner",
        ])
        .await;
    let output = Command::new(schemathesis())
        .args(["--no-color", "--config-file", CONFIGURATION, "run"])
        .arg(format!("{}/openapi", service.url()))
        .args(["--max-examples", EXAMPLES])
        .args(operations)
        .current_dir(service.folder())
        .env("ORIGIN", service.url())
        .env("API_KEY", key)
        .env("SESSION_TOKEN", text(&session, "/token"))
        .kill_on_drop(true)
        .output()
        .await
        .expect("the tester can be started");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    let log = service.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Returns the tester, which is installed beside the interpreter.
fn schemathesis() -> PathBuf {
    let python = tools::python();
    let folder = python.parent().unwrap_or(Path::new(""));
    folder.join("schemathesis")
}
