//! A withdrawal while a request is being prepared, or is under way already.

use kayle_app::dispatch::{Outcome, Prepared};
use kayle_delivery::{AttemptOutcome, DeliveryState, Payload};
use kayle_events::EventType;
use kayle_sessions::SessionStatus;

use super::scene::Scene;
use crate::world::{
    attempts, claim, claims, deliveries, only_in_flight, prepare, settle, stored_delivery,
    succeeded,
};

#[tokio::test]
async fn the_result_of_a_request_under_way_is_discarded() {
    let accepted = AttemptOutcome::Accepted { status_code: 200 };
    let refused = AttemptOutcome::Refused { status_code: 500 };
    for outcome in [accepted, refused] {
        let scene = Scene::new().await;
        let endpoint = scene.endpoint().await;
        scene.report(succeeded(claims([]))).await;
        let in_flight = only_in_flight(&scene.kit).await;
        let delivery = in_flight.delivery.clone();
        scene.withdraw().await.unwrap();
        let scrubbed = stored_delivery(&scene.kit, &delivery).await;
        assert_eq!(scrubbed.state, DeliveryState::Failed);

        let lost = settle(&scene.kit, in_flight, Outcome::Attempted(outcome)).await;
        assert_eq!(lost, 1);
        assert_eq!(stored_delivery(&scene.kit, &delivery).await, scrubbed);
        assert_eq!(attempts(&scene.kit, &delivery).await, []);
        assert_eq!(scene.status().await, SessionStatus::Cancelled);
        let reason = "privacy_cancelled_after_terminal_success";
        scene.expect_cancellation_at(&[&endpoint], reason).await;
    }
}

#[tokio::test]
async fn what_was_claimed_before_the_withdrawal_is_not_sent_after_it() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.report(succeeded(claims([]))).await;
    let claimed = claim(&scene.kit).await;
    scene.withdraw().await.unwrap();
    let Prepared { to_send, .. } = prepare(&scene.kit, claimed).await;
    assert_eq!(to_send.len(), 0);
}

#[tokio::test]
async fn a_cancellation_that_waits_is_not_scrubbed() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.withdraw().await.unwrap();
    scene.withdraw().await.unwrap();
    let waiting = deliveries(&scene.kit, scene.organization.id).await;
    assert!(matches!(waiting[0].payload, Payload::Stored { .. }));
    let told = scene.told().await;
    assert_eq!(told[0].1, EventType::SessionCancelled);
}
