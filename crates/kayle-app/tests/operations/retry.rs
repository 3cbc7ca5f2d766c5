//! A person asks for one delivery again: the table of contract 3.4, L2.

use std::time::Duration;

use kayle_app::deliveries::RetryDeliveryError;
use kayle_app::dispatch::Outcome;
use kayle_app::ports::store::NewDelivery;
use kayle_delivery::{AttemptOutcome, Delivery, DeliveryState, Input, Payload, StoredReason, step};
use kayle_endpoints::Retention;
use kayle_primitives::DeliveryId;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    Racer, at_once, attempts, caller_of, claim, only_in_flight, room, settle, stored_delivery,
    subscriber_with, turn, was_woken,
};

async fn scene() -> (TestWebhooks, Subscriber, Delivery) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    (kit, subscriber, delivery)
}

async fn retry(kit: &TestWebhooks, delivery: &Delivery) -> Result<Delivery, RetryDeliveryError> {
    kit.webhooks
        .retry_delivery(&caller_of(delivery.organization_id), &delivery.id)
        .await
}

/// Lets attempts fail until the schedule has run out.
async fn exhaust(kit: &TestWebhooks, subscriber: &Subscriber) {
    let url = subscriber.endpoint.url.as_submitted();
    kit.sender.afterwards(url, Answer::status(500));
    while let Some(due_at) = kit.webhooks.next_delivery_due_at().await.expect("well") {
        kit.clock.set(due_at);
        assert_eq!(turn(kit).await.len(), 1, "what is due is sent");
    }
}

/// Says what a requeue makes of a delivery.
fn requeued(delivery: &Delivery, kit: &TestWebhooks) -> Delivery {
    let expires_at = delivery.payload.expires_at();
    Delivery {
        state: DeliveryState::Pending {
            due_at: kit.webhooks.now(),
        },
        attempt_count: 0,
        last_attempt: None,
        payload: Payload::Stored {
            expires_at: expires_at.expect("its payload is stored"),
            reason: StoredReason::PendingDelivery,
        },
        updated_at: kit.webhooks.now(),
        ..delivery.clone()
    }
}

/// Expects a delivery to be requeued, and the dispatcher to hear of it.
async fn check_requeued(kit: &TestWebhooks, delivery: &Delivery) {
    let before = stored_delivery(kit, delivery).await;
    kit.clock.advance(Duration::from_secs(1));
    was_woken(kit);
    let answered = retry(kit, delivery).await.expect("it can be requeued");
    assert_eq!(answered, requeued(&before, kit));
    assert_eq!(stored_delivery(kit, delivery).await, answered);
    assert!(was_woken(kit));
}

/// Expects a delivery whose payload is gone to stay as it is.
async fn check_gone(kit: &TestWebhooks, delivery: &Delivery) {
    let before = stored_delivery(kit, delivery).await;
    let refused = retry(kit, delivery).await;
    assert!(matches!(refused, Err(RetryDeliveryError::PayloadGone)));
    assert_eq!(stored_delivery(kit, delivery).await, before);
}

#[tokio::test]
async fn an_exhausted_delivery_goes_through_a_whole_schedule_again() {
    let (kit, subscriber, delivery) = scene().await;
    exhaust(&kit, &subscriber).await;
    let exhausted = stored_delivery(&kit, &delivery).await;
    assert_eq!(
        (exhausted.state, exhausted.attempt_count),
        (DeliveryState::Failed, 8)
    );
    check_requeued(&kit, &delivery).await;
    exhaust(&kit, &subscriber).await;
    let exhausted = stored_delivery(&kit, &delivery).await;
    assert_eq!(
        (exhausted.state, exhausted.attempt_count),
        (DeliveryState::Failed, 8)
    );
    assert_eq!(attempts(&kit, &delivery).await.len(), 16);
}

#[tokio::test]
async fn a_pending_delivery_starts_anew_at_once() {
    let (kit, subscriber, delivery) = scene().await;
    check_requeued(&kit, &delivery).await;
    let url = subscriber.endpoint.url.as_submitted();
    kit.sender.script(url, [Answer::status(500)]);
    turn(&kit).await;
    check_requeued(&kit, &delivery).await;
    assert_eq!(turn(&kit).await.len(), 1, "one schedule, not two");
    assert_eq!(turn(&kit).await.len(), 0);
}

#[tokio::test]
async fn the_same_bytes_are_sent_again() {
    let (kit, subscriber, delivery) = scene().await;
    let url = subscriber.endpoint.url.as_submitted();
    kit.sender.script(url, [Answer::status(500)]);
    let first = turn(&kit).await.remove(0);
    retry(&kit, &delivery).await.unwrap();
    let second = turn(&kit).await.remove(0);
    assert_eq!(
        (second.jwe, second.delivery_id),
        (first.jwe, first.delivery_id)
    );
}

#[tokio::test]
async fn a_delivery_in_progress_is_left_alone() {
    let (kit, _, delivery) = scene().await;
    let in_flight = only_in_flight(&kit).await;
    let before = stored_delivery(&kit, &delivery).await;
    let refused = retry(&kit, &delivery).await;
    assert!(matches!(refused, Err(RetryDeliveryError::InProgress)));
    assert_eq!(stored_delivery(&kit, &delivery).await, before);
    let refused = AttemptOutcome::Refused { status_code: 500 };
    assert_eq!(
        settle(&kit, in_flight, Outcome::Attempted(refused)).await,
        0
    );
}

#[tokio::test]
async fn a_delivery_whose_payload_is_gone_cannot_be_asked_for() {
    let (kit, subscriber, delivered) = scene().await;
    turn(&kit).await;
    check_gone(&kit, &delivered).await;

    let event = kit.seed.event(&subscriber.organization).await;
    let stillborn = kit
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    kit.seed.deliveries(std::slice::from_ref(&stillborn)).await;
    check_gone(&kit, &stillborn.delivery).await;

    for input in [Input::Withdrawn, Input::EndpointDeleted] {
        let event = kit.seed.event(&subscriber.organization).await;
        let new = kit
            .seed
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        let scrubbed = NewDelivery {
            delivery: step(&new.delivery, input, kit.webhooks.now())
                .unwrap()
                .delivery,
            attempt: None,
            jwe: None,
        };
        kit.seed.deliveries(std::slice::from_ref(&scrubbed)).await;
        check_gone(&kit, &scrubbed.delivery).await;
    }
}

#[tokio::test]
async fn a_payload_can_be_asked_for_until_its_retention_is_over() {
    let (kit, subscriber, delivery) = scene().await;
    exhaust(&kit, &subscriber).await;
    let exhausted = stored_delivery(&kit, &delivery).await;
    let expires_at = exhausted.payload.expires_at().unwrap();
    kit.clock.set(expires_at);
    check_gone(&kit, &delivery).await;
    kit.clock.set(expires_at.minus(Duration::from_secs(2)));
    check_requeued(&kit, &delivery).await;
}

#[tokio::test]
async fn a_delivery_that_kept_nothing_after_its_schedule_cannot_be_asked_for() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.retention = Retention::None;
    });
    let subscriber = subscriber.await;
    let delivery = kit.seed.delivery(&subscriber).await;
    exhaust(&kit, &subscriber).await;
    check_gone(&kit, &delivery).await;
}

#[tokio::test]
async fn a_held_delivery_that_is_asked_for_is_held_again() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let delivery = kit.seed.delivery(&disabled.await).await;
    assert_eq!(turn(&kit).await.len(), 0);
    check_requeued(&kit, &delivery).await;
    assert_eq!(turn(&kit).await.len(), 0);
    let held = stored_delivery(&kit, &delivery).await;
    let due_at = kit.webhooks.now();
    assert_eq!(held.state, DeliveryState::Held { due_at });
}

#[tokio::test]
async fn a_foreign_or_unknown_delivery_is_not_found() {
    let (kit, subscriber, delivery) = scene().await;
    let stranger = kit.seed.organization().await;
    let unknown = DeliveryId::parse("whd_unknown").unwrap();
    let organization = &subscriber.organization;
    for (organization, id) in [(&stranger, &delivery.id), (organization, &unknown)] {
        let refused = kit
            .webhooks
            .retry_delivery(&caller_of(organization.id), id)
            .await;
        assert!(matches!(refused, Err(RetryDeliveryError::NotFound)));
    }
    assert_eq!(stored_delivery(&kit, &delivery).await, delivery);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn retries_and_claims_at_once_leave_one_holder() {
    for _ in 0..20 {
        let (kit, _, delivery) = scene().await;
        let mut racers: Vec<Racer> = Vec::new();
        for _ in 0..8 {
            let webhooks = std::sync::Arc::clone(&kit.webhooks);
            let (organization, id) = (delivery.organization_id, delivery.id.clone());
            racers.push(Box::pin(async move {
                drop(webhooks.retry_delivery(&caller_of(organization), &id).await);
            }));
        }
        let claims: Vec<_> = (0..8)
            .map(|_| {
                let webhooks = std::sync::Arc::clone(&kit.webhooks);
                async move { webhooks.claim_deliveries(&room()).await }
            })
            .collect();
        let (_, claims) = tokio::join!(at_once(racers), at_once(claims));
        let taken = claims
            .into_iter()
            .map(|claim| claim.unwrap().deliveries.len());
        assert_eq!(taken.sum::<usize>(), 1);
        assert_eq!(claim(&kit).await.deliveries.len(), 0);
    }
}
