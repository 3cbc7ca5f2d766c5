//! Sessions that end without a verdict.

use kayle_testkit::receiver::Behaviour;
use serde_json::{Value, json};

use crate::support::report::{failure, success};
use crate::support::{Customer, Installation, eventually, text};

#[tokio::test]
async fn a_session_past_its_window_expires_once() {
    // Nothing sweeps: the session expires because someone looks at it.
    let settings = [
        ("KAYLE_SESSION_LIFETIME", "1s"),
        ("KAYLE_SWEEP_INTERVAL", "1h"),
    ];
    let installation = Installation::start(&settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;
    let path = format!("/v1/sessions/{session_id}");

    let expired = eventually("the session expires", async || {
        let session = installation.api().get(&path).await.data();
        (session["status"] == "expired").then_some(session)
    })
    .await;
    assert_eq!(expired["failure_code"], Value::Null);
    assert!(expired["completed_at"].is_string());

    let late = installation.report(&session_id, &success()).await;
    assert_eq!(late.status, 409);
    let cancelled = installation
        .api()
        .post_empty(&format!("{path}/cancel"))
        .await;
    assert_eq!((cancelled.status, cancelled.text.as_str()), (204, ""));
    expect_one_event(
        &installation,
        &customer,
        "verification.session.expired",
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn a_report_past_the_window_expires_the_session_and_is_refused() {
    let settings = [
        ("KAYLE_SESSION_LIFETIME", "1ms"),
        ("KAYLE_SWEEP_INTERVAL", "1h"),
    ];
    let installation = Installation::start(&settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;

    let late = installation.report(&session_id, &success()).await;

    late.expect_refusal(409, "SESSION_EXPIRED");
    expect_one_event(
        &installation,
        &customer,
        "verification.session.expired",
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn a_session_that_nobody_touches_expires_by_itself() {
    let settings = [("KAYLE_SESSION_LIFETIME", "1s")];
    let installation = Installation::start(&settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    installation.session_id().await;
    customer.requests(1).await;
    expect_one_event(
        &installation,
        &customer,
        "verification.session.expired",
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn a_cancelled_session_says_so_once() {
    check_cancel(&[], "cancelled", 0).await;
}

#[tokio::test]
async fn a_session_that_is_cancelled_after_a_failed_check_says_so() {
    check_cancel(
        &[failure("liveness_failed")],
        "cancelled_after_failed_check",
        1,
    )
    .await;
}

async fn check_cancel(reports: &[Value], reason: &str, liveness_tries_used: u64) {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;
    for report in reports {
        installation.report(&session_id, report).await.data();
    }
    let path = format!("/v1/sessions/{session_id}");

    for _ in 1..=2 {
        let cancelled = installation
            .api()
            .post_empty(&format!("{path}/cancel"))
            .await;
        assert_eq!((cancelled.status, cancelled.text.as_str()), (204, ""));
    }

    assert_eq!(
        installation.api().get(&path).await.data()["status"],
        "cancelled"
    );
    let late = installation.report(&session_id, &success()).await;
    late.expect_refusal(409, "CONFLICT");
    let data = json!({
        "outcome": "not_verified",
        "reason": reason,
        "nfc_tries_used": 0,
        "liveness_tries_used": liveness_tries_used,
    });
    expect_one_event(
        &installation,
        &customer,
        "verification.session.cancelled",
        data,
    )
    .await;
}

/// Checks that one event of this type was emitted in all, and what arrived of it.
async fn expect_one_event(
    installation: &Installation,
    customer: &Customer,
    event_type: &str,
    data: Value,
) {
    let requests = customer.requests(1).await;
    let arrived = customer.open(&requests[0]);
    assert_eq!(arrived["type"], event_type);
    assert_eq!(arrived["data"], data);
    let events = installation.api().list("/v1/webhooks/events").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["id"], arrived["metadata"]["event_id"]);
    assert_eq!(events[0]["type"], event_type);
    assert_eq!(events[0]["trigger_type"], "verification_session");
    assert_eq!(
        text(&events[0], "/trigger_id"),
        arrived["metadata"]["verification_session_id"]
    );
}
