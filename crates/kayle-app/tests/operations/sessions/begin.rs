//! The person has come.

use std::time::Duration;

use kayle_app::sessions::BeginSessionError;
use kayle_events::{EventType, FailureCode};
use kayle_primitives::SessionId;
use kayle_sessions::SessionStatus;
use kayle_testkit::webhooks::test_webhooks;

use crate::world::{event_types, failed, session, stored_session, was_woken};

#[tokio::test]
async fn a_begun_session_is_in_progress_and_tells_nobody() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let begun = kit.webhooks.begin_session(&session.id).await.unwrap();
    assert_eq!(begun.state.status(), SessionStatus::InProgress);
    assert_eq!(stored_session(&kit, &session).await, begun);
    assert_eq!(event_types(&kit, organization.id).await, []);
    assert!(!was_woken(&kit));
}

#[tokio::test]
async fn a_repeated_begin_changes_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    let first = kit.webhooks.begin_session(&session.id).await.unwrap();
    kit.clock.advance(Duration::from_mins(1));
    let again = kit.webhooks.begin_session(&session.id).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(stored_session(&kit, &session).await, first);
}

#[tokio::test]
async fn an_ended_session_does_not_begin() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    let fatal = failed(FailureCode::DocumentAntiCloningAttestationFailed);
    let reported = kit.webhooks.report_attempt(&session.id, fatal).await;
    let ended = reported.unwrap().session;
    let refused = kit.webhooks.begin_session(&session.id).await;
    assert!(matches!(
        refused,
        Err(BeginSessionError::Terminal(SessionStatus::Failed))
    ));
    assert_eq!(stored_session(&kit, &session).await, ended);
}

#[tokio::test]
async fn a_session_past_its_window_expires_instead() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    kit.clock.set(session.expires_at);
    let refused = kit.webhooks.begin_session(&session.id).await;
    assert!(matches!(refused, Err(BeginSessionError::Expired)));
    let refused = kit.webhooks.begin_session(&session.id).await;
    assert!(matches!(
        refused,
        Err(BeginSessionError::Terminal(SessionStatus::Expired))
    ));
    assert_eq!(
        event_types(&kit, organization.id).await,
        [EventType::SessionExpired]
    );
}

#[tokio::test]
async fn an_unknown_session_does_not_begin() {
    let kit = test_webhooks();
    let unknown = SessionId::parse("vs_unknown").unwrap();
    let refused = kit.webhooks.begin_session(&unknown).await;
    assert!(matches!(refused, Err(BeginSessionError::NotFound)));
}
