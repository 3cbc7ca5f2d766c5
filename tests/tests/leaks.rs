//! What is on disk after all kinds of work: no claim, no key, no token.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::leaks::Files;
use crate::support::report::{attempts_path, success_with};
use crate::support::{Customer, Installation, text};

/// Marks of values that nothing else contains.
const FAMILY_NAME: &str = "Zephyrine-Quux";
const DOCUMENT_NUMBER: &str = "X7Q0042ZZ";
const DOCUMENT_ID: &str = "kdoc_7d2bd0c14fb84c4b";

#[tokio::test]
async fn neither_database_nor_log_hold_a_secret_or_a_claim() {
    // The most talkative log that the service's own code can write.
    let settings = [
        ("KAYLE_LOG", "trace"),
        ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,200ms"),
    ];
    let mut installation = Installation::start(&settings).await;
    let working = Customer::register(installation.api(), Behaviour::good()).await;
    let failing = Behaviour::always(Reaction::Status(500));
    let failing = Customer::register(installation.api(), failing).await;
    let path = format!(
        "/v1/webhooks/endpoints/{}/signing-secret/reveal",
        working.endpoint_id
    );
    let revealed = installation.api().post_empty(&path).await.data();
    assert_eq!(revealed["signing_secret"], *working.signing_secret);
    let session = installation.open_session(&json!({})).await;
    let session_id = text(&session, "/id");
    let claims = json!({
        "family_name": FAMILY_NAME,
        "document_number": DOCUMENT_NUMBER,
        "kayle_document_id": DOCUMENT_ID,
    });

    // Refused reports first: what is wrong is said without the values.
    let mut wrong = success_with(&claims);
    wrong["selected_field_keys"] = json!(["family_name"]);
    let refused = installation.report(session_id, &wrong).await;
    refused.expect_refusal(400, "INVALID_CLAIMS");
    assert!(!refused.text.contains(FAMILY_NAME));
    let mut wrong = success_with(&claims);
    wrong["claims"]["age_over_18"] = json!(DOCUMENT_NUMBER);
    let refused = installation.report(session_id, &wrong).await;
    refused.expect_refusal(400, "INVALID_CLAIMS");
    assert!(!refused.text.contains(DOCUMENT_NUMBER));
    let malformed = format!("{{\"claims\": {{\"family_name\": \"{FAMILY_NAME}\" ");
    let path = attempts_path(session_id);
    let request = installation.intake.request(reqwest::Method::POST, &path);
    let request = request
        .header("content-type", "application/json")
        .body(malformed);
    let refused = send(request).await;
    refused.expect_refusal(400, "BAD_REQUEST");

    let reported = installation
        .report(session_id, &success_with(&claims))
        .await
        .data();
    for delivery in reported["deliveries"].as_array().unwrap() {
        let settled =
            |delivery: &Value| delivery["status"] == "succeeded" || delivery["status"] == "failed";
        installation
            .delivery_where(delivery.as_str().unwrap(), settled)
            .await;
    }
    assert_eq!(failing.requests(2).await.len(), 2);

    let secrets = [
        FAMILY_NAME,
        DOCUMENT_NUMBER,
        DOCUMENT_ID,
        text(&session, "/cancel_token"),
        &working.signing_secret,
        &failing.signing_secret,
    ];
    expect_no_leak(&Files::written_by(&installation.service), &secrets);
    installation.service.ask_to_stop();
    installation.service.ended().await;
    expect_no_leak(&Files::written_by(&installation.service), &secrets);
}

fn expect_no_leak(files: &Files, secrets: &[&str]) {
    assert_ne!(
        files.with_text("Ada's Bank"),
        [""; 0],
        "the search looks in the wrong place"
    );
    assert_ne!(
        files.with_text("whe_"),
        [""; 0],
        "the search looks in the wrong place"
    );
    for secret in secrets {
        assert_eq!(files.with_text(secret), [""; 0], "{secret}");
    }
    for prefix in ["whsec_", "kk_"] {
        assert_eq!(files.with_prefixed(prefix), [""; 0], "{prefix}");
    }
    // The heads of a service token and of a bearer header.
    for mark in ["eyJ0eXAi", "Bearer "] {
        assert_eq!(files.with_text(mark), [""; 0], "{mark}");
    }
}
