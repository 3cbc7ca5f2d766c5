//! A withdrawal among everything else: every endpoint hears once how the session ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use kayle_delivery::DeliveryStatus;
use kayle_events::EventType;
use kayle_primitives::EndpointId;
use kayle_testkit::webhooks::TestWebhooks;

use super::scene::{Scene, TOKEN};
use crate::world::{Racer, at_once, caller_of, claims, events, succeeded, turn};

/// How often a race is run: each run is another order of events.
const ROUNDS: usize = 30;

/// Returns how many deliveries of terminal events each endpoint has received or is still owed.
async fn terminal_deliveries(scene: &Scene) -> BTreeMap<EndpointId, usize> {
    let mut counts = BTreeMap::new();
    for told in events(&scene.kit, scene.organization.id).await {
        if !EventType::DEFAULT_SUBSCRIPTION.contains(&told.event.event_type) {
            continue;
        }
        for delivery in told.deliveries {
            let counted = match delivery.status() {
                DeliveryStatus::Succeeded | DeliveryStatus::Pending => 1,
                DeliveryStatus::Failed => 0,
                DeliveryStatus::Delivering => panic!("nothing is under way any more"),
            };
            *counts.entry(delivery.endpoint_id).or_default() += counted;
        }
    }
    counts
}

fn report(scene: &Scene) -> Racer {
    let (webhooks, id) = (Arc::clone(&scene.kit.webhooks), scene.session.id.clone());
    Box::pin(async move {
        drop(webhooks.report_attempt(&id, succeeded(claims([]))).await);
    })
}

fn cancel(scene: &Scene) -> Racer {
    let (webhooks, id) = (Arc::clone(&scene.kit.webhooks), scene.session.id.clone());
    let caller = caller_of(scene.organization.id);
    Box::pin(async move {
        let cancelled = webhooks.cancel_session(&caller, &id).await;
        cancelled.expect("a cancel is always answered");
    })
}

fn withdraw(scene: &Scene) -> Racer {
    let (webhooks, id) = (Arc::clone(&scene.kit.webhooks), scene.session.id.clone());
    Box::pin(async move {
        let withdrawn = webhooks.withdraw(&id, TOKEN).await;
        withdrawn.expect("a redemption is always answered");
    })
}

fn sweep(scene: &Scene) -> Racer {
    let webhooks = Arc::clone(&scene.kit.webhooks);
    Box::pin(async move {
        webhooks.sweep().await.expect("a sweep goes through");
    })
}

async fn check_told_once(scene: &Scene) {
    while !turn(&scene.kit).await.is_empty() {}
    let counts = terminal_deliveries(scene).await;
    assert_eq!(counts.len(), 3, "every endpoint was told");
    assert!(counts.values().all(|told| *told == 1), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_a_report_and_a_cancel_at_once_end_the_session_once_for_each_endpoint() {
    for _ in 0..ROUNDS {
        let scene = Scene::new().await;
        for _ in 0..3 {
            scene.endpoint().await;
        }
        let racers = (0..3).flat_map(|_| {
            [
                report(&scene),
                cancel(&scene),
                withdraw(&scene),
                sweep(&scene),
            ]
        });
        at_once(racers.collect()).await;
        check_told_once(&scene).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_among_deliveries_under_way_tells_each_endpoint_once() {
    for _ in 0..ROUNDS {
        let scene = Scene::new().await;
        for _ in 0..3 {
            scene.endpoint().await;
        }
        scene.report(succeeded(claims([]))).await;
        let racers: Vec<Racer> = vec![
            deliver(&scene.kit),
            withdraw(&scene),
            withdraw(&scene),
            deliver(&scene.kit),
        ];
        at_once(racers).await;
        check_told_once(&scene).await;
    }
}

/// Claims, and settles as accepted: the endpoint may hear of what is discarded then, which is
/// what the contract allows for a request that is on the wire already.
fn deliver(kit: &TestWebhooks) -> Racer {
    let webhooks = Arc::clone(&kit.webhooks);
    Box::pin(async move {
        let claim = webhooks.claim_deliveries(&crate::world::room()).await;
        let prepared = webhooks.prepare(claim.expect("the queue answers")).await;
        let mut finished = prepared.finished;
        for ready in prepared.to_send {
            let accepted = kayle_delivery::AttemptOutcome::Accepted { status_code: 200 };
            let outcome = kayle_app::dispatch::Outcome::Attempted(accepted);
            finished.push(webhooks.finish(ready.in_flight, outcome));
        }
        webhooks.settle(&finished).await.expect("the queue answers");
    })
}
