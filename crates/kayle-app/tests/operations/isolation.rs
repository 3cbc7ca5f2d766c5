//! What is another organization's is not there.

use kayle_app::ports::store::{DeliveryFilter, EventFilter, SessionFilter};
use kayle_testkit::webhooks::test_webhooks;

use crate::world::{first_page, session, turn};

#[tokio::test]
async fn nothing_is_found_under_another_organization() {
    let kit = test_webhooks();
    let webhooks = &kit.webhooks;
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await.id;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    let session = session(&kit, &organization).await;

    let endpoint = &subscriber.endpoint.id;
    assert_eq!(
        webhooks.get_endpoint(stranger, endpoint).await.unwrap(),
        None
    );
    let event = webhooks.get_event(stranger, &delivery.event_id).await;
    assert_eq!(event.unwrap(), None);
    let found = webhooks.get_delivery(stranger, &delivery.id).await;
    assert_eq!(found.unwrap(), None);
    assert_eq!(
        webhooks.get_session(stranger, &session.id).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn nothing_is_listed_under_another_organization() {
    let kit = test_webhooks();
    let webhooks = &kit.webhooks;
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await.id;
    let subscriber = kit.seed.subscriber(&organization).await;
    kit.seed.delivery(&subscriber).await;

    let endpoints = webhooks.list_endpoints(stranger, None, &first_page()).await;
    assert_eq!(endpoints.unwrap().unwrap().items, []);
    let endpoint = &subscriber.endpoint.id;
    let keys = webhooks
        .list_encryption_keys(stranger, endpoint, None, &first_page())
        .await;
    assert_eq!(keys.unwrap().items, []);
    let filter = EventFilter::default();
    let events = webhooks.list_events(stranger, &filter, &first_page()).await;
    assert_eq!(events.unwrap().unwrap().items, []);
    let filter = DeliveryFilter::default();
    let deliveries = webhooks
        .list_deliveries(stranger, &filter, &first_page())
        .await;
    assert_eq!(deliveries.unwrap().unwrap().items, []);
    let filter = SessionFilter::default();
    let sessions = webhooks
        .list_sessions(stranger, &filter, &first_page())
        .await;
    assert_eq!(sessions.unwrap().items, []);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts_to_its_owner() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    let shown = kit.webhooks.get_delivery(organization.id, &delivery.id);
    let shown = shown.await.unwrap().unwrap();
    assert_eq!(shown.delivery.attempt_count, 1);
    assert_eq!(shown.attempts.len(), 1);
    assert_eq!(shown.attempts[0].delivery_id, delivery.id);
}
