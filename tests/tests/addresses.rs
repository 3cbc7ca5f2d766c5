//! The intake at an address of its own.

use std::process::Stdio;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::support::{binary, within_patience};

/// A service with two addresses, and both.
async fn started() -> (Child, [String; 2], tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let settings = [
        ("KAYLE_LISTEN", "127.0.0.1:0"),
        ("KAYLE_INTERNAL_LISTEN", "127.0.0.1:0"),
    ];
    let mut child = binary::command(folder.path(), settings)
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let stdout = child.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(stdout).lines();
    let line = within_patience("the service listens", lines.next_line()).await;
    let line = line.expect("it prints text").expect("it listens");
    let (callers, intake) = line.split_once(" and ").expect("it names both");
    let callers = callers
        .strip_prefix("listening on ")
        .expect("it says where");
    let intake = intake
        .strip_prefix("for the intake on ")
        .expect("it says where");
    (child, [callers.to_owned(), intake.to_owned()], folder)
}

async fn status(method: Method, url: String) -> u16 {
    let request = reqwest::Client::new().request(method, url).json(&json!({}));
    request.send().await.expect("it answers").status().as_u16()
}

#[tokio::test]
async fn the_intake_is_at_its_own_address_and_nowhere_else() {
    let (_service, [callers, intake], _folder) = started().await;
    let attempts = format!("/internal/v1/sessions/vs_{}/attempts", "0".repeat(64));
    for (method, path, at_callers, at_intake) in [
        (Method::POST, attempts.as_str(), 404, 401),
        (Method::POST, "/internal/v1/nothing", 404, 401),
        (Method::POST, "/v1/sessions", 401, 404),
        (Method::GET, "/v1/nothing", 401, 404),
        (Method::GET, "/openapi", 200, 404),
        (Method::GET, "/health/live", 200, 200),
        (Method::GET, "/health/ready", 200, 200),
    ] {
        let found = status(method.clone(), format!("{callers}{path}")).await;
        assert_eq!(found, at_callers, "{path} at {callers}");
        let found = status(method, format!("{intake}{path}")).await;
        assert_eq!(found, at_intake, "{path} at {intake}");
    }
}
