//! The customer cancels a session.

use kayle_app::Missing;
use kayle_app::sessions::ReportAttemptError;
use kayle_events::{EventType, FailureCode};
use kayle_primitives::SessionId;
use kayle_sessions::SessionStatus;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::{Value, json};

use crate::world::{
    caller_of, claims, decrypted, event_types, everything, failed, requests, session,
    stored_session, succeeded, was_woken,
};

/// Cancels a session after these failures, and returns what the customer reads.
async fn cancelled_after(failures: &[FailureCode]) -> Value {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    for code in failures {
        let reported = kit.webhooks.report_attempt(&session.id, failed(*code));
        reported.await.expect("the session is active");
    }
    let caller = caller_of(organization.id);
    let cancelled = kit.webhooks.cancel_session(&caller, &session.id);
    cancelled.await.expect("the session is there");
    assert!(was_woken(&kit));
    let requests = requests(&kit).await;
    let [request] = requests.as_slice() else {
        panic!("{} requests for one event", requests.len());
    };
    assert_eq!(request.event_type, EventType::SessionCancelled);
    decrypted(request)["data"].clone()
}

async fn cancel(kit: &TestWebhooks, session: &kayle_sessions::Session) {
    let caller = caller_of(session.organization_id);
    let cancelled = kit.webhooks.cancel_session(&caller, &session.id);
    cancelled.await.expect("the session is there");
}

#[tokio::test]
async fn the_reason_says_whether_a_check_had_failed() {
    let told = cancelled_after(&[]).await;
    let expected = json!({
        "outcome": "not_verified", "reason": "cancelled",
        "nfc_tries_used": 0, "liveness_tries_used": 0,
    });
    assert_eq!(told, expected);

    let told = cancelled_after(&[FailureCode::DocumentDataInvalid]).await;
    assert_eq!(told["reason"], "cancelled", "scanning again is free");

    let told = cancelled_after(&[
        FailureCode::DocumentAuthenticityFailed,
        FailureCode::LivenessFailed,
        FailureCode::SelfieFaceMismatch,
    ]);
    let expected = json!({
        "outcome": "not_verified", "reason": "cancelled_after_failed_check",
        "nfc_tries_used": 1, "liveness_tries_used": 2,
    });
    assert_eq!(told.await, expected);
}

#[tokio::test]
async fn a_begun_session_can_be_cancelled() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    kit.webhooks.begin_session(&session.id).await.unwrap();
    cancel(&kit, &session).await;
    let stored = stored_session(&kit, &session).await;
    assert_eq!(stored.state.status(), SessionStatus::Cancelled);
    assert_eq!(stored.state.completed_at(), Some(kit.webhooks.now()));
}

#[tokio::test]
async fn cancelling_an_ended_session_changes_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let cancelled = session(&kit, &organization).await;
    cancel(&kit, &cancelled).await;
    let done = session(&kit, &organization).await;
    let reported = kit.webhooks.report_attempt(&done.id, succeeded(claims([])));
    reported.await.unwrap();
    let before = everything(&kit, organization.id).await;
    cancel(&kit, &cancelled).await;
    cancel(&kit, &done).await;
    assert_eq!(everything(&kit, organization.id).await, before);
}

#[tokio::test]
async fn a_session_past_its_window_expires_instead() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    kit.clock.set(session.expires_at);
    cancel(&kit, &session).await;
    let stored = stored_session(&kit, &session).await;
    assert_eq!(stored.state.status(), SessionStatus::Expired);
    assert_eq!(
        event_types(&kit, organization.id).await,
        [EventType::SessionExpired]
    );
}

#[tokio::test]
async fn a_cancelled_session_takes_no_report() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    cancel(&kit, &session).await;
    let report = succeeded(claims([]));
    let refused = kit.webhooks.report_attempt(&session.id, report).await;
    assert!(matches!(
        refused,
        Err(ReportAttemptError::Terminal(SessionStatus::Cancelled))
    ));
    assert_eq!(
        event_types(&kit, organization.id).await,
        [EventType::SessionCancelled]
    );
}

#[tokio::test]
async fn a_foreign_or_unknown_session_is_not_cancelled() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    let unknown = SessionId::parse("vs_unknown").unwrap();
    for (organization, id) in [(&stranger, &session.id), (&organization, &unknown)] {
        let refused = kit
            .webhooks
            .cancel_session(&caller_of(organization.id), id)
            .await;
        assert!(matches!(refused, Err(Missing::NotFound { .. })));
    }
    assert_eq!(stored_session(&kit, &session).await, session);
}
