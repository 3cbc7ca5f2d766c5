//! What a process does of the service is chosen when it starts; what cannot be meant is refused.

use std::process::{Output, Stdio};

use kayle_testkit::receiver::Behaviour;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::support::database::{Database, change};
use crate::support::{Customer, Installation, SECRET_KEY, binary, within_patience};

#[tokio::test]
async fn a_part_of_the_service_does_not_start_on_an_embedded_database() {
    for role in ["api", "dispatcher"] {
        let output = ended(&["serve", "--role", role], &[]).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{role}: {stderr}");
        assert!(stderr.contains("--role"), "{role}: {stderr}");
        assert!(stderr.contains("PostgreSQL"), "{role}: {stderr}");
    }
}

#[tokio::test]
async fn a_start_without_its_database_fails_and_keeps_the_password() {
    // Nothing listens on the first port.
    let url = "postgres://kayle:hunter2@127.0.0.1:1/kayle";
    let settings = [
        ("KAYLE_DATABASE_URL", url),
        ("KAYLE_SECRET_KEY", SECRET_KEY),
    ];
    let output = ended(&["serve"], &settings).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("KAYLE_DATABASE_URL"), "{stderr}");
    assert!(stderr.contains("Connection refused"), "{stderr}");
    assert!(!stderr.contains("hunter2"), "{stderr}");
}

#[tokio::test]
async fn an_api_node_answers_everybody_and_a_dispatcher_supervisors_only() {
    let database = Database::postgres();
    let url = database.url();
    let (_api, api) = started("api", &url).await;
    let (_dispatcher, dispatcher) = started("dispatcher", &url).await;
    for (path, by_api, by_dispatcher) in [
        ("/health/live", 200, 200),
        ("/openapi", 200, 404),
        ("/", 200, 404),
    ] {
        assert_eq!(status(&api, path).await, by_api, "{path}");
        assert_eq!(status(&dispatcher, path).await, by_dispatcher, "{path}");
    }
    assert_eq!(status(&api, "/health/ready").await, 200);
}

#[tokio::test]
async fn a_doctor_finds_what_is_wrong_and_nothing_before() {
    let installation = Installation::start(&[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    let whole = installation.service.admin(&["doctor"]).await;
    let nothing = json!({ "whole": true, "findings": [], "warnings": [] });
    assert_eq!(whole, nothing);

    let leak = format!("INSERT INTO delivery_payloads VALUES ('{delivery_id}', 'a.b.c.d.e')");
    assert_eq!(change(installation.service.database(), &leak).await, 1);

    let sick = installation.service.try_admin(&["doctor"]).await;
    assert_eq!(sick.status.code(), Some(1), "{sick:?}");
    let told: Value = serde_json::from_slice(&sick.stdout).expect("it prints JSON");
    assert_eq!(told["whole"], false);
    assert_eq!(
        told["findings"],
        json!([{ "check": "ended_delivery_has_no_bytes", "count": 1, "examples": [delivery_id] }])
    );
}

/// Runs a command that ends by itself.
async fn ended(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let mut command = binary::command(folder.path(), settings.iter().copied());
    let ending = command.args(arguments).output();
    let output = within_patience("the command ends", ending).await;
    output.expect("the binary can be started")
}

/// Starts a process with this role, and gives it with its address.
async fn started(role: &str, database: &str) -> (Child, String) {
    let settings = [
        ("KAYLE_LISTEN", "127.0.0.1:0"),
        ("KAYLE_DATABASE_URL", database),
        ("KAYLE_SECRET_KEY", SECRET_KEY),
    ];
    let mut child = binary::command(&std::env::temp_dir(), settings)
        .args(["serve", "--role", role])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let stdout = child.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(stdout).lines();
    let line = within_patience("the service listens", lines.next_line()).await;
    let line = line.expect("it prints text").expect("it listens");
    let url = line.strip_prefix("listening on ").expect("it says where");
    (child, url.to_owned())
}

async fn status(url: &str, path: &str) -> u16 {
    let answer = reqwest::get(format!("{url}{path}")).await;
    answer.expect("it answers").status().as_u16()
}
