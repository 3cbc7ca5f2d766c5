//! Which endpoints get a delivery of an event.

use kayle_testkit::receiver::Behaviour;
use serde_json::{Value, json};

use crate::support::report::{failure, success};
use crate::support::{Customer, Installation, text};

#[tokio::test]
async fn an_endpoint_without_an_active_key_fails_at_once_and_for_good() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::without_key(installation.api(), Behaviour::good(), json!({})).await;

    let delivery_id = installation.deliver_success().await;
    let delivery = installation.delivery(&delivery_id).await;

    assert_eq!(delivery["status"], "failed");
    assert_eq!(delivery["payload_retention_reason"], "no_active_key");
    assert_eq!(delivery["webhook_encryption_key_id"], Value::Null);
    assert_eq!(delivery["attempt_count"], 1);
    assert_eq!(delivery["last_status_code"], Value::Null);
    assert_eq!(delivery["payload_expires_at"], Value::Null);
    assert!(delivery["payload_scrubbed_at"].is_string());
    assert_eq!(delivery["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(delivery["attempts"][0]["status"], "failed");
    let retry = format!("/v1/webhooks/deliveries/{delivery_id}/retry");
    let retried = installation.api().post_empty(&retry).await;
    retried.expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
    assert_eq!(customer.receiver.received(), []);
}

#[tokio::test]
async fn disabled_and_unsubscribed_endpoints_get_nothing() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let subscribed = Customer::register(api, Behaviour::good()).await;
    let mut others = Vec::new();
    for endpoint in [
        json!({ "enabled": false }),
        json!({ "subscribed_event_types": [] }),
        json!({ "subscribed_event_types": ["verification.session.failed"] }),
    ] {
        others.push(Customer::register_with(api, Behaviour::good(), endpoint).await);
    }

    let delivery_id = installation.deliver_success().await;

    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["webhook_endpoint_id"], *subscribed.endpoint_id);
    for other in &others {
        assert_eq!(other.receiver.received(), []);
    }
    let disabled = api
        .get(&format!("/v1/webhooks/endpoints/{}", others[0].endpoint_id))
        .await;
    assert!(disabled.data()["disabled_at"].is_string());
    let named = json!({ "webhook_endpoint_id": [subscribed.endpoint_id, others[0].endpoint_id] });
    let refused = api.post("/v1/sessions", &named).await;
    refused.expect_refusal(400, "WEBHOOK_ENDPOINT_UNAVAILABLE");
}

#[tokio::test]
async fn a_session_with_targets_reaches_these_only() {
    let installation = Installation::start(&[]).await;
    let mut customers = Vec::new();
    for _ in 0..3 {
        customers.push(Customer::register(installation.api(), Behaviour::good()).await);
    }
    let ids: Vec<_> = customers
        .iter()
        .map(|customer| &customer.endpoint_id)
        .collect();

    let one = installation
        .open_session(&json!({ "webhook_endpoint_id": ids[1] }))
        .await;
    assert_eq!(one["webhook_endpoint_id"], **ids[1]);
    let twice = json!({ "webhook_endpoint_id": [ids[2], ids[0], ids[2]] });
    let two = installation.open_session(&twice).await;
    assert_eq!(two["webhook_endpoint_id"], json!([ids[2], ids[0]]));
    let all = installation.open_session(&json!({})).await;
    assert_eq!(all["webhook_endpoint_id"], Value::Null);

    for session in [&one, &two, &all] {
        installation
            .report(text(session, "/id"), &success())
            .await
            .data();
    }
    let sessions_of = async |customer: &Customer| {
        let requests = customer.requests(2).await;
        let mut sessions: Vec<_> = requests
            .iter()
            .map(|request| customer.open(request)["metadata"]["verification_session_id"].take())
            .map(|id| id.as_str().expect("an id is a text").to_owned())
            .collect();
        sessions.sort();
        sessions
    };
    let expected = |other: &Value| {
        let mut sessions = [text(other, "/id").to_owned(), text(&all, "/id").to_owned()];
        sessions.sort();
        sessions
    };
    assert_eq!(sessions_of(&customers[0]).await, expected(&two));
    assert_eq!(sessions_of(&customers[1]).await, expected(&one));
    assert_eq!(sessions_of(&customers[2]).await, expected(&two));
}

#[tokio::test]
async fn every_finished_attempt_is_told_to_those_who_subscribe_to_attempts() {
    let installation = Installation::start(&[]).await;
    let types = [
        "verification.attempt.failed",
        "verification.attempt.succeeded",
    ];
    let endpoint = json!({ "subscribed_event_types": types });
    let customer = Customer::register_with(installation.api(), Behaviour::good(), endpoint).await;
    let session_id = installation.session_id().await;

    let failed = installation
        .report(&session_id, &failure("liveness_failed"))
        .await
        .data();
    let first = customer.open(&customer.requests(1).await[0]);
    assert_eq!(
        first,
        json!({
            "type": "verification.attempt.failed",
            "metadata": {
                "contract_version": 1,
                "event_id": failed["events"][0],
                "verification_session_id": session_id,
                "verification_attempt_id": failed["attempt"]["id"],
            },
            "data": { "failure_code": "liveness_failed" },
        })
    );
    let succeeded = installation.report(&session_id, &success()).await.data();
    assert_eq!(
        succeeded["events"].as_array().map(Vec::len),
        Some(2),
        "and the session's own"
    );
    assert_eq!(succeeded["deliveries"].as_array().map(Vec::len), Some(1));
    let second = customer.open(&customer.requests(2).await[1]);
    assert_eq!(second["type"], "verification.attempt.succeeded");
    let event = format!(
        "/v1/webhooks/events/{}",
        text(&second, "/metadata/event_id")
    );
    let event = installation.api().get(&event).await.data();
    assert_eq!(event["trigger_type"], "verification_attempt");
    assert_eq!(event["trigger_id"], succeeded["attempt"]["id"]);
}
