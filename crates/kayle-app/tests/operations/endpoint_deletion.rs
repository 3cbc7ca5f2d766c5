//! Deleting an endpoint (D5): it is gone, its deliveries stay and are never sent again.

use kayle_app::Missing;
use kayle_app::deliveries::RetryDeliveryError;
use kayle_app::dispatch::Outcome;
use kayle_app::endpoints::RevealSecretError;
use kayle_app::events::ReplayEventError;
use kayle_delivery::{AttemptOutcome, Delivery, DeliveryState, Payload, ScrubReason};
use kayle_endpoints::EndpointChange;
use kayle_events::EventType;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    attempts, caller_of, claim, claims, deliveries, event_types, events, first_page,
    only_in_flight, prepare, session, settle, stored_delivery, succeeded, turn,
};

async fn scene() -> (TestWebhooks, Subscriber) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    (kit, subscriber)
}

async fn delete(kit: &TestWebhooks, subscriber: &Subscriber) -> Result<(), Missing> {
    let caller = caller_of(subscriber.organization.id);
    kit.webhooks
        .delete_endpoint(&caller, &subscriber.endpoint.id)
        .await
}

/// Expects a delivery to have been given up at this moment.
async fn assert_given_up(kit: &TestWebhooks, delivery: &Delivery) {
    let stored = stored_delivery(kit, delivery).await;
    let (at, reason) = (kit.webhooks.now(), ScrubReason::Expired);
    assert_eq!(stored.state, DeliveryState::Failed);
    assert_eq!(stored.payload, Payload::Scrubbed { at, reason });
}

#[tokio::test]
async fn a_deleted_endpoint_is_missing_for_every_operation() {
    let (kit, subscriber) = scene().await;
    delete(&kit, &subscriber).await.unwrap();
    let Subscriber {
        organization,
        endpoint,
        key,
    } = &subscriber;
    let caller = caller_of(organization.id);
    let webhooks = &kit.webhooks;

    let found = webhooks.get_endpoint(organization.id, &endpoint.id).await;
    assert_eq!(found.unwrap(), None);
    let page = first_page();
    let listed = webhooks.list_endpoints(organization.id, None, &page);
    assert_eq!(listed.await.unwrap().unwrap().items, []);
    let updated = webhooks.update_endpoint(&caller, &endpoint.id, EndpointChange::default());
    assert!(matches!(updated.await, Err(Missing::NotFound { .. })));
    let rotated = webhooks.rotate_signing_secret(&caller, &endpoint.id).await;
    assert!(matches!(rotated, Err(Missing::NotFound { .. })));
    let revealed = webhooks.reveal_signing_secret(&caller, &endpoint.id).await;
    assert!(matches!(revealed, Err(RevealSecretError::NotFound)));
    let page = first_page();
    let keys = webhooks.list_encryption_keys(organization.id, &endpoint.id, None, &page);
    assert_eq!(keys.await.unwrap().items, []);
    let activated = webhooks.reactivate_encryption_key(&caller, &key.id).await;
    assert!(matches!(activated, Err(Missing::NotFound { .. })));
    assert!(matches!(
        delete(&kit, &subscriber).await,
        Err(Missing::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_foreign_endpoint_is_not_deleted() {
    let (kit, subscriber) = scene().await;
    let stranger = Subscriber {
        organization: kit.seed.organization().await,
        ..subscriber.clone()
    };
    assert!(matches!(
        delete(&kit, &stranger).await,
        Err(Missing::NotFound { .. })
    ));
    let organization = subscriber.organization.id;
    let found = kit
        .webhooks
        .get_endpoint(organization, &subscriber.endpoint.id);
    assert_eq!(found.await.unwrap(), Some(subscriber.endpoint));
}

#[tokio::test]
async fn what_waits_is_given_up_and_stays_in_the_lists() {
    let (kit, subscriber) = scene().await;
    let fresh = kit.seed.delivery(&subscriber).await;
    let script = [Answer::status(500)];
    kit.sender
        .script(subscriber.endpoint.url.as_submitted(), script);
    turn(&kit).await;
    let tried = fresh;
    let fresh = kit.seed.delivery(&subscriber).await;
    delete(&kit, &subscriber).await.unwrap();

    assert_given_up(&kit, &tried).await;
    assert_given_up(&kit, &fresh).await;
    let organization = subscriber.organization.id;
    assert_eq!(deliveries(&kit, organization).await.len(), 2);
    let listed = events(&kit, organization).await;
    assert!(listed.iter().all(|event| event.deliveries.len() == 1));
    assert_eq!(attempts(&kit, &tried).await.len(), 1);
    assert_eq!(turn(&kit).await.len(), 0);
}

#[tokio::test]
async fn what_was_delivered_stays_as_it_is() {
    let (kit, subscriber) = scene().await;
    let delivery = kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    let delivered = stored_delivery(&kit, &delivery).await;
    delete(&kit, &subscriber).await.unwrap();
    assert_eq!(stored_delivery(&kit, &delivery).await, delivered);
}

#[tokio::test]
async fn what_is_held_is_given_up_too() {
    let (kit, subscriber) = scene().await;
    let delivery = kit.seed.delivery(&subscriber).await;
    let caller = caller_of(subscriber.organization.id);
    let disabled = EndpointChange {
        enabled: Some(false),
        ..EndpointChange::default()
    };
    let id = &subscriber.endpoint.id;
    let disabled = kit.webhooks.update_endpoint(&caller, id, disabled).await;
    disabled.unwrap();
    turn(&kit).await;
    delete(&kit, &subscriber).await.unwrap();
    assert_given_up(&kit, &delivery).await;
}

#[tokio::test]
async fn deliveries_of_a_deleted_endpoint_cannot_be_asked_for_again() {
    let (kit, subscriber) = scene().await;
    let delivery = kit.seed.delivery(&subscriber).await;
    delete(&kit, &subscriber).await.unwrap();
    let caller = caller_of(subscriber.organization.id);
    let retried = kit.webhooks.retry_delivery(&caller, &delivery.id).await;
    assert!(matches!(retried, Err(RetryDeliveryError::PayloadGone)));
    let replayed = kit.webhooks.replay_event(&caller, &delivery.event_id).await;
    assert!(matches!(replayed, Err(ReplayEventError::PayloadsGone)));
}

#[tokio::test]
async fn a_replay_passes_over_a_deleted_endpoint() {
    let (kit, subscriber) = scene().await;
    let kept = kit.seed.subscriber(&subscriber.organization).await;
    let session = session(&kit, &subscriber.organization).await;
    let reported = kit
        .webhooks
        .report_attempt(&session.id, succeeded(claims([])));
    let reported = reported.await.unwrap();
    delete(&kit, &subscriber).await.unwrap();
    let caller = caller_of(subscriber.organization.id);
    let replayed = kit.webhooks.replay_event(&caller, &reported.events[0]);
    assert_eq!(replayed.await.unwrap().deliveries.len(), 2);
    let sent = turn(&kit).await;
    let urls: Vec<&str> = sent.iter().map(|sent| sent.url.as_str()).collect();
    assert_eq!(urls, [kept.endpoint.url.as_submitted()]);
}

#[tokio::test]
async fn the_result_of_a_request_under_way_is_discarded() {
    let accepted = AttemptOutcome::Accepted { status_code: 200 };
    let refused = AttemptOutcome::Refused { status_code: 500 };
    for outcome in [accepted, refused] {
        let (kit, subscriber) = scene().await;
        let delivery = kit.seed.delivery(&subscriber).await;
        let in_flight = only_in_flight(&kit).await;
        delete(&kit, &subscriber).await.unwrap();
        let lost = settle(&kit, in_flight, Outcome::Attempted(outcome)).await;
        assert_eq!(lost, 1);
        assert_given_up(&kit, &delivery).await;
        assert_eq!(attempts(&kit, &delivery).await, []);
    }
}

#[tokio::test]
async fn what_was_claimed_before_the_deletion_is_not_sent_after_it() {
    let (kit, subscriber) = scene().await;
    kit.seed.delivery(&subscriber).await;
    let claimed = claim(&kit).await;
    delete(&kit, &subscriber).await.unwrap();
    assert_eq!(prepare(&kit, claimed).await.to_send.len(), 0);
}

#[tokio::test]
async fn a_later_event_makes_no_delivery_for_a_deleted_endpoint() {
    let (kit, subscriber) = scene().await;
    delete(&kit, &subscriber).await.unwrap();
    let session = session(&kit, &subscriber.organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    assert_eq!(reported.unwrap().deliveries, []);
    let told = event_types(&kit, subscriber.organization.id).await;
    assert_eq!(told, [EventType::SessionSucceeded]);
}
