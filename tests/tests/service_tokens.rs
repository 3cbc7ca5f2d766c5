//! Tokens of Kayle's own services, as operators handle them.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::{Api, Installation, eventually, text};

async fn listed(installation: &Installation) -> Vec<Value> {
    let listed = installation.service.admin(&["service-token", "list"]).await;
    let tokens = listed["service_tokens"].as_array();
    tokens.expect("a list is an array").clone()
}

async fn begin(api: &Api, session_id: &str) -> u16 {
    let path = format!("/internal/v1/sessions/{session_id}/begin");
    api.post_empty(&path).await.status
}

async fn expect_refused_once_revoked(installation: &Installation, nodes: &[String]) {
    let create = ["service-token", "create", "--subject", "capture"];
    let made = installation.service.admin(&create).await;
    let session_id = installation.session_id().await;
    let callers: Vec<Api> = nodes
        .iter()
        .map(|url| Api::new(url, text(&made, "/token")))
        .collect();
    for caller in &callers {
        assert_eq!(begin(caller, &session_id).await, 200);
    }
    let revoke = ["service-token", "revoke", text(&made, "/id")];
    let revoked = installation.service.admin(&revoke).await;
    assert_eq!(revoked["subject"], "capture");
    for caller in &callers {
        assert_eq!(begin(caller, &session_id).await, 401);
    }
    assert_eq!(begin(&installation.intake, &session_id).await, 200);

    let listed = listed(installation).await;
    let subjects: Vec<&str> = listed.iter().map(|token| text(token, "/subject")).collect();
    assert_eq!(subjects, ["capture", "verifier"]);
    assert!(listed[0]["revoked_at"].is_string() && listed[1]["revoked_at"].is_null());
}

#[tokio::test]
async fn a_revoked_service_token_is_refused_by_the_next_request() {
    let installation = Installation::start(&[]).await;
    let url = installation.service.url().to_owned();
    expect_refused_once_revoked(&installation, &[url]).await;
}

#[tokio::test]
async fn a_revoked_service_token_is_refused_by_the_next_request_at_every_node() {
    let installation = Installation::start_on(Database::postgres(), &[]).await;
    let other = installation.service.start_node().await;
    let urls = [installation.service.url(), other.url()].map(str::to_owned);
    expect_refused_once_revoked(&installation, &urls).await;
}

#[tokio::test]
async fn it_is_told_when_a_service_token_was_last_used() {
    let installation = Installation::start(&[]).await;
    assert!(listed(&installation).await[0]["last_used_at"].is_null());
    let session_id = installation.session_id().await;
    assert_eq!(begin(&installation.intake, &session_id).await, 200);
    eventually("the use is written down", async || {
        let token = listed(&installation).await.remove(0);
        token["last_used_at"].is_string().then_some(())
    })
    .await;
}
