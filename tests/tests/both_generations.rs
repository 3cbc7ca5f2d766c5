//! The request bodies of both generations of the customers' documentation, as they stand there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Installation;
use crate::support::api::send;

const ENDPOINTS: &str = "/v1/webhooks/endpoints";

async fn create(installation: &Installation, body: &'static str) -> Value {
    let request = installation.api().request(Method::POST, ENDPOINTS);
    let request = request.header("content-type", "application/json");
    let created = send(request.body(body)).await.data();
    created["endpoint"].clone()
}

/// Expects every member that was asked for to be what was made.
fn expect_as_asked(body: &str, endpoint: &Value) {
    let asked: Value = serde_json::from_str(body).expect("a documented body is JSON");
    for (member, value) in asked.as_object().expect("a body is an object") {
        assert_eq!(&endpoint[member], value, "{member}");
    }
}

#[tokio::test]
async fn bodies_of_the_older_generation_are_taken() {
    let installation = Installation::start(&[]).await;
    for body in [
        r#"{
"name": "Production webhook",
"url": "https://yourapp.com/webhooks/kayle",
"subscribed_event_types": [
"verification.attempt.succeeded",
"verification.attempt.failed"
]
}"#,
        r#"
{
"url": "https://example.com/webhooks/kayle",
"name": "<string>",
"enabled": true,
"subscribed_event_types": [
"verification.attempt.succeeded"
]
}
"#,
    ] {
        let endpoint = create(&installation, body).await;
        expect_as_asked(body, &endpoint);
        assert_eq!(endpoint["enabled"], true);
        assert_eq!(endpoint["disabled_at"], Value::Null);
        assert_eq!(endpoint["undelivered_payload_retention_hours"], 72);
    }
}

#[tokio::test]
async fn bodies_of_the_newer_generation_are_taken() {
    let installation = Installation::start(&[]).await;
    let body = r#"
{
  "url": "https://example.com/webhooks/kayle",
  "name": "<string>",
  "labels": [
    "<string>"
  ],
  "enabled": true,
  "subscribed_event_types": [],
  "undelivered_payload_retention_hours": 72
}
"#;
    let endpoint = create(&installation, body).await;
    expect_as_asked(body, &endpoint);
}

#[tokio::test]
async fn every_documented_event_type_can_be_subscribed_to() {
    let installation = Installation::start(&[]).await;
    for event_types in [
        [
            "verification.attempt.succeeded",
            "verification.attempt.failed",
            "verification.session.expired",
            "verification.session.cancelled",
        ],
        [
            "verification.session.succeeded",
            "verification.session.failed",
            "verification.session.expired",
            "verification.session.cancelled",
        ],
    ] {
        let body = json!({
            "url": "https://example.com/webhooks/kayle",
            "subscribed_event_types": event_types,
        });
        let created = installation.api().post(ENDPOINTS, &body).await.data();
        let subscribed = &created["endpoint"]["subscribed_event_types"];
        assert_eq!(*subscribed, json!(event_types));
    }
}

#[tokio::test]
async fn any_subset_of_the_documented_members_can_be_changed() {
    let installation = Installation::start(&[]).await;
    let body = r#"{ "url": "https://example.com/webhooks/kayle" }"#;
    let endpoint = create(&installation, body).await;
    let path = format!("{ENDPOINTS}/{}", endpoint["id"].as_str().expect("an id"));
    for change in [
        json!({ "enabled": false }),
        json!({ "name": "Production webhook" }),
        json!({ "url": "https://yourapp.com/webhooks/kayle", "enabled": true }),
        json!({ "subscribed_event_types": ["verification.attempt.succeeded"] }),
        json!({ "name": null, "labels": ["billing"], "undelivered_payload_retention_hours": 0 }),
    ] {
        let request = installation.api().request(Method::PATCH, &path);
        let changed = send(request.json(&change)).await.data();
        expect_as_asked(&change.to_string(), &changed);
    }
    let nothing = installation.api().request(Method::PATCH, &path);
    let refused = send(nothing.json(&json!({}))).await;
    refused.expect_refusal(400, "BAD_REQUEST");
}
