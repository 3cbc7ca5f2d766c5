//! What each endpoint is told (contract 6.7, D4): every row of the decision.

use std::time::Duration;

use kayle_delivery::{Delivery, DeliveryState, Payload, ScrubReason};
use kayle_events::{EventType, FailureCode};
use kayle_sessions::{RedirectUrl, SessionState, SessionStatus, Targets};
use kayle_testkit::webhooks::test_webhooks;

use super::scene::Scene;
use crate::world::{
    caller_of, claims, deliveries, event_types, events, everything, failed, session_with,
    stored_delivery, succeeded, was_woken,
};

const AFTER_SUCCESS: &str = "privacy_cancelled_after_terminal_success";
const AFTER_FAILURE: &str = "privacy_cancelled_after_terminal_failure";

/// Expects a delivery to have been scrubbed at the person's request, at this moment.
async fn assert_scrubbed(scene: &Scene, delivery: &Delivery) {
    let stored = stored_delivery(&scene.kit, delivery).await;
    let (at, reason) = (scene.kit.webhooks.now(), ScrubReason::PrivacyRequest);
    assert_eq!(stored.state, DeliveryState::Failed);
    assert_eq!(stored.payload, Payload::Scrubbed { at, reason });
}

async fn told_types(scene: &Scene) -> Vec<EventType> {
    event_types(&scene.kit, scene.organization.id).await
}

#[tokio::test]
async fn an_active_session_is_cancelled_as_the_customer_would() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    scene.withdraw().await.unwrap();
    assert!(was_woken(&scene.kit));
    assert_eq!(scene.status().await, SessionStatus::Cancelled);
    scene
        .expect_cancellation_at(&[&endpoint], "cancelled")
        .await;

    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    scene.report(failed(FailureCode::LivenessFailed)).await;
    scene.withdraw().await.unwrap();
    scene
        .expect_cancellation_at(&[&endpoint], "cancelled_after_failed_check")
        .await;
}

#[tokio::test]
async fn a_success_that_nobody_received_is_replaced_for_everybody() {
    let scene = Scene::new().await;
    let endpoints = [scene.endpoint().await, scene.endpoint().await];
    scene.report(succeeded(claims([]))).await;
    let completed_at = scene.kit.webhooks.now();
    let undelivered = deliveries(&scene.kit, scene.organization.id).await;
    let withdrawn_at = scene.kit.clock.advance(Duration::from_secs(1));
    scene.withdraw().await.unwrap();

    let session = scene.stored().await;
    assert_eq!(session.state, SessionState::Cancelled { completed_at });
    assert_eq!(session.withdrawn_at, Some(withdrawn_at));
    for delivery in &undelivered {
        assert_scrubbed(&scene, delivery).await;
    }
    assert_eq!(
        told_types(&scene).await,
        [EventType::SessionCancelled, EventType::SessionSucceeded]
    );
    let [one, other] = &endpoints;
    scene
        .expect_cancellation_at(&[one, other], AFTER_SUCCESS)
        .await;
}

#[tokio::test]
async fn a_failure_that_nobody_received_is_replaced_with_its_counters() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    for _ in 0..3 {
        scene.report(failed(FailureCode::LivenessFailed)).await;
    }
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Cancelled);
    let told = scene.told().await;
    let expected = serde_json::json!({
        "outcome": "not_verified", "reason": AFTER_FAILURE,
        "nfc_tries_used": 0, "liveness_tries_used": 3,
    });
    let url = endpoint.endpoint.url.as_submitted().to_owned();
    assert_eq!(told, [(url, EventType::SessionCancelled, expected)]);
}

#[tokio::test]
async fn the_replacement_is_an_event_of_its_own() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.report(succeeded(claims([]))).await;
    scene.withdraw().await.unwrap();
    let events = events(&scene.kit, scene.organization.id).await;
    assert_ne!(events[0].event.id, events[1].event.id);
    assert!(
        events.iter().all(|it| it.event.attempt_id.is_none()
            || it.event.event_type == EventType::SessionSucceeded)
    );
}

#[tokio::test]
async fn only_who_has_not_received_the_success_is_told_of_the_cancellation() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let waiting = scene.refusing_endpoint().await;
    scene.report(succeeded(claims([]))).await;
    assert_eq!(scene.told().await.len(), 2);
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Succeeded);
    scene
        .expect_cancellation_at(&[&waiting], AFTER_SUCCESS)
        .await;
    scene.kit.clock.advance(Duration::from_hours(48));
    assert_eq!(scene.told().await, [], "nobody hears of it again");
}

#[tokio::test]
async fn only_who_has_not_received_the_failure_is_told_of_the_cancellation() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let waiting = scene.refusing_endpoint().await;
    scene.fail().await;
    assert_eq!(scene.told().await.len(), 2);
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Failed);
    scene
        .expect_cancellation_at(&[&waiting], AFTER_FAILURE)
        .await;
}

#[tokio::test]
async fn when_all_have_received_it_there_is_nothing_to_tell() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.endpoint().await;
    scene.report(succeeded(claims([]))).await;
    assert_eq!(scene.told().await.len(), 2);
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Succeeded);
    assert!(scene.stored().await.withdrawn_at.is_some());
    assert_eq!(told_types(&scene).await, [EventType::SessionSucceeded]);
}

#[tokio::test]
async fn who_does_not_want_cancellations_is_told_nothing() {
    let scene = Scene::new().await;
    let other = scene.endpoint_for(&[EventType::SessionSucceeded]).await;
    scene.refuses_once(&other);
    scene.report(succeeded(claims([]))).await;
    scene.told().await;
    let scrubbed = deliveries(&scene.kit, scene.organization.id)
        .await
        .remove(0);
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Cancelled);
    assert_scrubbed(&scene, &scrubbed).await;
    scene.kit.clock.advance(Duration::from_hours(48));
    assert_eq!(scene.told().await, []);
}

#[tokio::test]
async fn one_that_received_it_and_one_that_wants_no_cancellation_need_no_event() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let other = scene.endpoint_for(&[EventType::SessionSucceeded]).await;
    scene.refuses_once(&other);
    scene.report(succeeded(claims([]))).await;
    scene.told().await;
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Succeeded);
    assert_eq!(told_types(&scene).await, [EventType::SessionSucceeded]);
}

#[tokio::test]
async fn who_wanted_cancellations_only_gets_the_replacement() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let other = scene.endpoint_for(&[EventType::SessionCancelled]).await;
    scene.report(succeeded(claims([]))).await;
    assert_eq!(scene.told().await.len(), 1);
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Succeeded);
    scene.expect_cancellation_at(&[&other], AFTER_SUCCESS).await;
}

#[tokio::test]
async fn a_session_without_deliveries_is_replaced_too() {
    let scene = Scene::new().await;
    scene.report(succeeded(claims([]))).await;
    scene.kit.clock.advance(Duration::from_secs(1));
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Cancelled);
    assert_eq!(
        told_types(&scene).await,
        [EventType::SessionCancelled, EventType::SessionSucceeded]
    );
}

#[tokio::test]
async fn an_untargeted_endpoint_is_told_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let targeted = kit.seed.subscriber(&organization).await;
    kit.seed.subscriber(&organization).await;
    let targets = Targets::new(vec![targeted.endpoint.id.clone()]).unwrap();
    let session = session_with(&kit, &organization, |session| session.targets = targets).await;
    let scene = Scene {
        kit,
        organization,
        session,
    };
    scene.report(succeeded(claims([]))).await;
    scene.withdraw().await.unwrap();
    scene
        .expect_cancellation_at(&[&targeted], AFTER_SUCCESS)
        .await;
}

#[tokio::test]
async fn a_received_attempt_event_does_not_count_and_an_undelivered_one_is_scrubbed() {
    let scene = Scene::new().await;
    scene.endpoint_for(&[EventType::AttemptSucceeded]).await;
    let refusing = scene.endpoint_for(&[EventType::AttemptSucceeded]).await;
    scene.refuses_once(&refusing);
    scene.report(succeeded(claims([]))).await;
    assert_eq!(scene.told().await.len(), 2);
    let deliveries = deliveries(&scene.kit, scene.organization.id).await;
    scene.withdraw().await.unwrap();

    assert_eq!(scene.status().await, SessionStatus::Cancelled);
    let undelivered = deliveries
        .iter()
        .find(|delivery| delivery.endpoint_id == refusing.endpoint.id);
    assert_scrubbed(&scene, undelivered.unwrap()).await;
    scene.kit.clock.advance(Duration::from_hours(48));
    assert_eq!(scene.told().await, []);
}

#[tokio::test]
async fn an_exhausted_payload_is_scrubbed_and_its_endpoint_told() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let url = endpoint.endpoint.url.as_submitted();
    scene.report(succeeded(claims([]))).await;
    let refuses = vec![kayle_testkit::sender::Answer::status(500); 8];
    scene.kit.sender.script(url, refuses);
    while let Some(due_at) = scene.kit.webhooks.next_delivery_due_at().await.unwrap() {
        scene.kit.clock.set(due_at);
        scene.told().await;
    }
    let exhausted = deliveries(&scene.kit, scene.organization.id)
        .await
        .remove(0);
    scene.withdraw().await.unwrap();
    assert_scrubbed(&scene, &exhausted).await;
    scene
        .expect_cancellation_at(&[&endpoint], AFTER_SUCCESS)
        .await;
}

#[tokio::test]
async fn what_could_lead_to_the_person_is_cleared() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let redirect_url = RedirectUrl::parse("https://customer.example/back?person=1").unwrap();
    let session = session_with(&kit, &organization, |session| {
        session.redirect_url = Some(redirect_url);
    })
    .await;
    let scene = Scene {
        kit,
        organization,
        session,
    };
    scene.report(succeeded(claims([]))).await;
    scene.withdraw().await.unwrap();
    assert_eq!(scene.stored().await.redirect_url, None);
}

#[tokio::test]
async fn an_expired_session_and_its_event_stay_as_they_are() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    scene.kit.clock.set(scene.session.expires_at);
    scene.kit.webhooks.sweep().await.unwrap();
    let before = deliveries(&scene.kit, scene.organization.id).await;
    scene.withdraw().await.unwrap();
    assert_eq!(scene.status().await, SessionStatus::Expired);
    assert_eq!(deliveries(&scene.kit, scene.organization.id).await, before);
    let told = scene.told().await;
    let url = endpoint.endpoint.url.as_submitted().to_owned();
    let nothing = serde_json::json!({});
    assert_eq!(told, [(url, EventType::SessionExpired, nothing)]);
}

#[tokio::test]
async fn an_overdue_session_expires_before_the_token_is_redeemed() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.kit.clock.set(scene.session.expires_at);
    scene.withdraw().await.unwrap();
    let session = scene.stored().await;
    assert_eq!(session.state.status(), SessionStatus::Expired);
    assert!(session.withdrawn_at.is_some());
    assert_eq!(told_types(&scene).await, [EventType::SessionExpired]);
    assert_eq!(scene.told().await.len(), 1);
}

#[tokio::test]
async fn a_cancelled_session_stays_as_it_is() {
    let scene = Scene::new().await;
    let endpoint = scene.endpoint().await;
    let caller = caller_of(scene.organization.id);
    let cancelled = scene
        .kit
        .webhooks
        .cancel_session(&caller, &scene.session.id);
    cancelled.await.unwrap();
    scene.withdraw().await.unwrap();
    assert_eq!(told_types(&scene).await, [EventType::SessionCancelled]);
    scene
        .expect_cancellation_at(&[&endpoint], "cancelled")
        .await;
}

#[tokio::test]
async fn other_sessions_keep_what_they_have() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let other = Scene::new().await;
    let neighbour = session_with(&scene.kit, &scene.organization, |_| {}).await;
    let report = succeeded(claims([]));
    let reported = scene.kit.webhooks.report_attempt(&neighbour.id, report);
    let kept = reported.await.unwrap().deliveries;
    scene.report(succeeded(claims([]))).await;
    let strangers = everything(&other.kit, other.organization.id).await;
    scene.withdraw().await.unwrap();
    let sent = crate::world::turn(&scene.kit).await;
    assert!(sent.iter().any(|request| request.delivery_id == kept[0]));
    assert_eq!(
        everything(&other.kit, other.organization.id).await,
        strangers
    );
}
