//! The person withdraws: what was not delivered never will be, and every endpoint hears once how
//! the session ended.

use futures_util::future::join_all;
use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::report::{failure, success_with};
use crate::support::{Answer, Customer, Installation, database, eventually, text};

async fn withdraw(installation: &Installation, session: &Value) -> Answer {
    redeem(
        installation,
        text(session, "/id"),
        &json!({ "cancel_token": session["cancel_token"] }),
    )
    .await
}

/// Posts to the public route, which knows no credential.
async fn redeem(installation: &Installation, session_id: &str, body: &Value) -> Answer {
    let path = format!("/v1/verify/session/{session_id}/cancel");
    let request = installation.api().anonymous(reqwest::Method::POST, &path);
    send(request.json(body)).await
}

async fn status(installation: &Installation, session: &Value) -> String {
    let path = format!("/v1/sessions/{}", text(session, "/id"));
    let session = installation.api().get(&path).await.data();
    text(&session, "/status").to_owned()
}

fn claims() -> Value {
    success_with(&json!({ "kayle_document_id": "kdoc_1", "family_name": "Curie" }))
}

/// Opens a session, reports its success, and gives it as it was answered.
async fn succeeded(installation: &Installation) -> Value {
    let session = installation.open_session(&json!({})).await;
    let reported = installation.report(text(&session, "/id"), &claims()).await;
    reported.data();
    session
}

#[tokio::test]
async fn a_result_that_comes_after_the_withdrawal_is_discarded_and_the_cancellation_follows() {
    let installation = Installation::start(&[]).await;
    let slow = Behaviour::script([Reaction::StatusOnRelease(200)]);
    let customer = Customer::register(installation.api(), slow).await;
    let session = succeeded(&installation).await;
    let on_the_wire = customer.requests(1).await.remove(0);

    assert_eq!(withdraw(&installation, &session).await.status, 204);
    customer.receiver.release();
    let replacement = customer.requests(2).await.remove(1);

    let opened = customer.open(&replacement);
    assert_eq!(opened["type"], "verification.session.cancelled");
    assert_eq!(
        opened["data"],
        json!({
            "outcome": "not_verified", "reason": "privacy_cancelled_after_terminal_success",
            "nfc_tries_used": 0, "liveness_tries_used": 0,
        })
    );
    let first = customer.open(&on_the_wire);
    assert_ne!(
        opened["metadata"]["event_id"],
        first["metadata"]["event_id"]
    );
    assert_eq!(status(&installation, &session).await, "cancelled");
    let delivery_id = on_the_wire
        .header("x-kayle-delivery-id")
        .expect("it has one");
    let discarded = installation.delivery(delivery_id).await;
    assert_eq!(discarded["status"], "failed");
    assert_eq!(discarded["payload_retention_reason"], "privacy_request");
    assert_eq!(discarded["attempts"], json!([]));
    let delivery_id = replacement
        .header("x-kayle-delivery-id")
        .expect("it has one");
    installation.delivery_in("succeeded", delivery_id).await;
    let database = installation.service.database();
    assert_eq!(database::count(database, "delivery_payloads").await, 0);
}

#[tokio::test]
async fn only_the_endpoint_that_has_not_heard_of_the_session_is_told_that_it_was_cancelled() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let quick = Customer::register(api, Behaviour::good()).await;
    let slow = Behaviour::script([Reaction::StatusOnRelease(200)]);
    let slow = Customer::register(api, slow).await;
    let session = succeeded(&installation).await;
    slow.requests(1).await;
    let received = quick.requests(1).await.remove(0);
    let delivery_id = received.header("x-kayle-delivery-id").expect("it has one");
    installation.delivery_in("succeeded", delivery_id).await;

    assert_eq!(withdraw(&installation, &session).await.status, 204);
    slow.receiver.release();
    let replacement = slow.open(&slow.requests(2).await[1]);
    assert_eq!(replacement["type"], "verification.session.cancelled");
    assert_eq!(status(&installation, &session).await, "succeeded");

    let events = api.list("/v1/webhooks/events").await;
    let cancelled = events
        .iter()
        .find(|event| event["type"] == "verification.session.cancelled")
        .expect("it is listed");
    assert_eq!(cancelled["deliveries"].as_array().map(Vec::len), Some(1));
    assert_eq!(quick.receiver.received().len(), 1);
}

#[tokio::test]
async fn an_active_session_is_cancelled_by_its_person() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session = installation.open_session(&json!({})).await;
    let failed = failure("liveness_failed");
    let reported = installation.report(text(&session, "/id"), &failed).await;
    reported.data();

    assert_eq!(withdraw(&installation, &session).await.status, 204);
    let told = customer.open(&customer.requests(1).await[0]);
    assert_eq!(told["data"]["reason"], "cancelled_after_failed_check");
    assert_eq!(told["data"]["liveness_tries_used"], 1);
    let late = installation.report(text(&session, "/id"), &claims()).await;
    late.expect_refusal(409, "CONFLICT");
}

#[tokio::test]
async fn a_token_is_redeemed_once_and_by_nobody_else() {
    let installation = Installation::start(&[]).await;
    let session = installation.open_session(&json!({})).await;
    let id = text(&session, "/id");
    let wrong = json!({ "cancel_token": "a".repeat(48) });
    let refused = redeem(&installation, id, &wrong).await;
    refused.expect_refusal(401, "CANCEL_TOKEN_INVALID");
    for malformed in [
        json!({}),
        json!({ "cancel_token": "short" }),
        json!({ "cancel_token": 1 }),
        json!([]),
    ] {
        let refused = redeem(&installation, id, &malformed).await;
        refused.expect_refusal(400, "INVALID_REQUEST");
    }
    let refused = redeem(&installation, "vs_short", &wrong).await;
    refused.expect_refusal(400, "INVALID_SESSION_ID");
    let unknown = format!("vs_{}", "a".repeat(64));
    let refused = redeem(&installation, &unknown, &wrong).await;
    refused.expect_refusal(404, "SESSION_NOT_FOUND");
    assert_eq!(status(&installation, &session).await, "created");

    for _ in 0..2 {
        assert_eq!(withdraw(&installation, &session).await.status, 204);
    }
    let events = installation.api().list("/v1/webhooks/events").await;
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn a_session_of_a_frozen_organization_is_missing() {
    let installation = Installation::start(&[]).await;
    let session = installation.open_session(&json!({})).await;
    let freeze = ["organization", "freeze", &installation.organization.id];
    installation.service.admin(&freeze).await;
    let refused = withdraw(&installation, &session).await;
    refused.expect_refusal(404, "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn whatever_comes_at_once_each_endpoint_is_told_once_how_each_session_ended() {
    let installation = Installation::start(&[]).await;
    let customers = [
        Customer::register(installation.api(), Behaviour::good()).await,
        Customer::register(installation.api(), Behaviour::good()).await,
    ];
    let mut expected = customers.each_ref().map(|it| it.endpoint_id.as_str());
    expected.sort_unstable();
    let mut sessions = Vec::new();
    for _ in 0..12 {
        sessions.push(installation.open_session(&json!({})).await);
    }
    join_all(
        sessions
            .iter()
            .map(|session| all_at_once(&installation, session)),
    )
    .await;

    eventually("nothing is under way", async || {
        let deliveries = installation.api().list("/v1/webhooks/deliveries").await;
        let is_over = |it: &Value| it["status"] == "succeeded" || it["status"] == "failed";
        deliveries.iter().all(is_over).then_some(())
    })
    .await;
    let events = installation.api().list("/v1/webhooks/events").await;
    for session in &sessions {
        let mut told: Vec<&str> = events
            .iter()
            .filter(|event| event["trigger_id"] == session["id"])
            .flat_map(|event| event["deliveries"].as_array().into_iter().flatten())
            .filter(|delivery| delivery["status"] == "succeeded")
            .map(|delivery| text(delivery, "/webhook_endpoint_id"))
            .collect();
        told.sort_unstable();
        assert_eq!(told, expected, "of {}", session["id"]);
    }
}

/// A report, a cancel and two redemptions of one session at once; each is answered as one that
/// came first or too late.
async fn all_at_once(installation: &Installation, session: &Value) {
    let id = text(session, "/id");
    let success = claims();
    let cancel = format!("/v1/sessions/{id}/cancel");
    let (reported, cancelled, withdrawn, again) = futures_util::future::join4(
        installation.report(id, &success),
        installation.api().post_empty(&cancel),
        withdraw(installation, session),
        withdraw(installation, session),
    )
    .await;
    assert!([200, 409].contains(&reported.status), "{}", reported.text);
    assert_eq!(cancelled.status, 204, "{}", cancelled.text);
    assert_eq!(withdrawn.status, 204, "{}", withdrawn.text);
    assert_eq!(again.status, 204, "{}", again.text);
}
