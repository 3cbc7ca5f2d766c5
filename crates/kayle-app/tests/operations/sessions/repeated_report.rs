//! An attempt's id is the idempotency key of its report.

use std::time::Duration;

use kayle_app::sessions::{AttemptReport, ReportAttemptError, Reported};
use kayle_crypto::KeyRing;
use kayle_events::{ClaimValue, EventType, FailureCode};
use kayle_primitives::AttemptId;
use kayle_sessions::{Session, SessionState};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use strum::IntoEnumIterator;

use crate::world::{
    attempt_id, caller_of, claims, everything, failed, session, subscriber_to, succeeded, text,
    under, webhooks_with_keys,
};

/// Two endpoints that want everything, and a session.
async fn scene() -> (TestWebhooks, Session) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    for _ in 0..2 {
        subscriber_to(&kit, &organization, &EventType::iter().collect::<Vec<_>>()).await;
    }
    let session = session(&kit, &organization).await;
    (kit, session)
}

async fn report(
    kit: &TestWebhooks,
    session: &Session,
    report: AttemptReport,
) -> Result<Reported, ReportAttemptError> {
    kit.webhooks.report_attempt(&session.id, report).await
}

/// Leaves out what the store alone counts and no answer shows.
fn shown(mut reported: Reported) -> Reported {
    reported.session.revision = 0;
    reported
}

/// Returns what a repetition is answered.
fn repeated(first: Reported) -> Reported {
    Reported {
        is_repeated: true,
        ..first
    }
}

/// Reports `first` and then `other` under one id, and expects the second to be refused.
async fn check_reuse(first: AttemptReport, other: AttemptReport) {
    let (kit, session) = scene().await;
    let id = attempt_id(&kit);
    let reported = report(&kit, &session, under(&id, first)).await;
    reported.expect("the first report is well formed");
    let before = everything(&kit, session.organization_id).await;
    match report(&kit, &session, under(&id, other)).await {
        Err(ReportAttemptError::AttemptIdReused(named)) => assert_eq!(named, id),
        answered => panic!("another report was answered with {answered:?}"),
    }
    assert_eq!(everything(&kit, session.organization_id).await, before);
}

#[tokio::test]
async fn a_repeated_report_is_answered_as_the_first_time_and_causes_nothing() {
    let (kit, session) = scene().await;
    let id = attempt_id(&kit);
    let again = || under(&id, succeeded(claims([("family_name", text("Curie"))])));
    let first = report(&kit, &session, again()).await.unwrap();
    assert_eq!((first.events.len(), first.deliveries.len()), (2, 4));
    let before = everything(&kit, session.organization_id).await;
    kit.clock.advance(Duration::from_mins(1));
    assert_eq!(
        report(&kit, &session, again()).await.unwrap(),
        repeated(first)
    );
    assert_eq!(everything(&kit, session.organization_id).await, before);
}

#[tokio::test]
async fn the_session_in_the_answer_is_as_it_was_then() {
    let (kit, session) = scene().await;
    let id = attempt_id(&kit);
    let again = || under(&id, failed(FailureCode::LivenessFailed));
    let first = report(&kit, &session, again()).await.unwrap();
    kit.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        let other = failed(FailureCode::LivenessFailed);
        report(&kit, &session, other).await.unwrap();
    }
    let answered = report(&kit, &session, again()).await.unwrap();
    assert_eq!(answered.session.state, SessionState::InProgress);
    assert_eq!(answered.session.liveness_tries_used, 1);
    assert_eq!(shown(answered), shown(repeated(first)));
}

#[tokio::test]
async fn a_repeated_report_is_answered_after_the_window_too() {
    let (kit, session) = scene().await;
    let id = attempt_id(&kit);
    let again = || under(&id, failed(FailureCode::LivenessFailed));
    let first = report(&kit, &session, again()).await.unwrap();
    kit.clock.set(session.expires_at);
    let answered = report(&kit, &session, again()).await.unwrap();
    assert_eq!(shown(answered), shown(repeated(first.clone())));
    kit.webhooks.sweep().await.unwrap();
    let answered = report(&kit, &session, again()).await.unwrap();
    assert_eq!(shown(answered), shown(repeated(first)));
}

#[tokio::test]
async fn a_repeated_report_is_recognised_after_a_key_change() {
    let (kit, session) = scene().await;
    let id = attempt_id(&kit);
    let again = || under(&id, failed(FailureCode::LivenessFailed));
    let before = webhooks_with_keys(&kit, KeyRing::new(&[9; 32], &[]).unwrap());
    let first = before.report_attempt(&session.id, again()).await.unwrap();
    let changed = webhooks_with_keys(&kit, KeyRing::new(&[1; 32], &[&[9; 32]]).unwrap());
    let answered = changed.report_attempt(&session.id, again()).await.unwrap();
    assert_eq!(answered, repeated(first));
}

#[tokio::test]
async fn another_failure_under_the_same_id_is_refused() {
    check_reuse(
        failed(FailureCode::LivenessFailed),
        failed(FailureCode::SelfieFaceMismatch),
    )
    .await;
    check_reuse(failed(FailureCode::LivenessFailed), succeeded(claims([]))).await;
    check_reuse(succeeded(claims([])), failed(FailureCode::LivenessFailed)).await;
}

#[tokio::test]
async fn other_claims_under_the_same_id_are_refused() {
    let name = |value| succeeded(claims([("family_name", value)]));
    check_reuse(name(text("Curie")), name(text("curie"))).await;
    check_reuse(name(text("Curie")), name(ClaimValue::Null)).await;
    check_reuse(name(text("")), name(ClaimValue::Null)).await;
    check_reuse(name(text("null")), name(ClaimValue::Null)).await;
    check_reuse(name(text("Curie")), succeeded(claims([]))).await;
    check_reuse(
        name(text("Curie")),
        succeeded(claims([("given_names", text("Curie"))])),
    )
    .await;
}

#[tokio::test]
async fn the_same_report_for_another_session_is_refused() {
    let (kit, one) = scene().await;
    let stranger = kit.seed.organization().await;
    let other = session(&kit, &stranger).await;
    let id = attempt_id(&kit);
    let again = || under(&id, failed(FailureCode::LivenessFailed));
    report(&kit, &one, again()).await.unwrap();
    let refused = report(&kit, &other, again()).await;
    assert!(matches!(
        refused,
        Err(ReportAttemptError::AttemptIdReused(_))
    ));
}

#[tokio::test]
async fn a_refused_report_does_not_use_up_its_id() {
    let (kit, one) = scene().await;
    let stranger = kit.seed.organization().await;
    let ended = session(&kit, &stranger).await;
    let caller = caller_of(stranger.id);
    let cancelled = kit.webhooks.cancel_session(&caller, &ended.id);
    cancelled.await.unwrap();
    let id = attempt_id(&kit);
    let again = || under(&id, failed(FailureCode::LivenessFailed));
    let refused = report(&kit, &ended, again()).await;
    assert!(matches!(refused, Err(ReportAttemptError::Terminal(_))));
    assert_eq!(report(&kit, &one, again()).await.unwrap().attempt.id, id);
}

#[tokio::test]
async fn reports_without_an_id_are_each_an_attempt() {
    let (kit, session) = scene().await;
    let mut ids: Vec<AttemptId> = Vec::new();
    for _ in 0..2 {
        let again = failed(FailureCode::LivenessFailed);
        ids.push(report(&kit, &session, again).await.unwrap().attempt.id);
    }
    assert_ne!(ids[0], ids[1]);
}
