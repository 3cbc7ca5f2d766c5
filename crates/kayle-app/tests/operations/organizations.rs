//! Organizations, and what a freeze does to their deliveries.

use std::time::Duration;

use kayle_app::Missing;
use kayle_app::organizations::CreateOrganizationError;
use kayle_delivery::DeliveryState;
use kayle_primitives::{Organization, OrganizationId};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    attempts, claim, prepare, room, stored_delivery, subscriber_with, turn, was_woken,
};

async fn freeze(kit: &TestWebhooks, organization: &Organization) {
    let frozen = kit.webhooks.freeze_organization(organization.id).await;
    frozen.expect("it is stored");
}

async fn unfreeze(kit: &TestWebhooks, organization: &Organization) {
    let unfrozen = kit.webhooks.unfreeze_organization(organization.id).await;
    unfrozen.expect("it is stored");
}

#[tokio::test]
async fn a_name_is_trimmed_and_has_1_to_120_characters() {
    let kit = test_webhooks();
    let made = kit.webhooks.create_organization("  Example Ltd ").await;
    assert_eq!(made.unwrap().name, "Example Ltd");
    let longest = "é".repeat(120);
    assert!(kit.webhooks.create_organization(&longest).await.is_ok());
    for name in ["", "  ", &format!("{longest}x")] {
        let refused = kit.webhooks.create_organization(name).await;
        assert!(matches!(refused, Err(CreateOrganizationError::InvalidName)));
    }
}

#[tokio::test]
async fn an_unknown_organization_is_neither_frozen_nor_unfrozen() {
    let kit = test_webhooks();
    let unknown = OrganizationId::generate(kit.seed.make.entropy());
    for refused in [
        kit.webhooks.freeze_organization(unknown).await,
        kit.webhooks.unfreeze_organization(unknown).await,
    ] {
        assert!(matches!(
            refused,
            Err(Missing::NotFound { id: missing, .. }) if missing == unknown.to_string()
        ));
    }
}

#[tokio::test]
async fn the_deliveries_of_a_frozen_organization_wait_and_then_go_in_their_order() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let mut born = Vec::new();
    for _ in 0..3 {
        born.push(kit.seed.delivery(&subscriber).await);
        kit.clock.advance(Duration::from_secs(1));
    }
    freeze(&kit, &organization).await;
    assert_eq!(turn(&kit).await.len(), 0);
    for delivery in &born {
        let held = stored_delivery(&kit, delivery).await;
        assert!(matches!(held.state, DeliveryState::Held { .. }));
        assert_eq!(held.attempt_count, 0);
    }
    assert_eq!(turn(&kit).await.len(), 0);
    was_woken(&kit);

    unfreeze(&kit, &organization).await;
    assert!(was_woken(&kit));
    let sent = turn(&kit).await;
    let order: Vec<_> = sent.iter().map(|request| &request.delivery_id).collect();
    let expected: Vec<_> = born.iter().map(|delivery| &delivery.id).collect();
    assert_eq!(order, expected);
    assert_eq!(attempts(&kit, &born[0]).await.len(), 1);
}

#[tokio::test]
async fn a_freeze_holds_nothing_of_another_organization() {
    let kit = test_webhooks();
    let frozen = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&frozen).await;
    kit.seed.delivery(&subscriber).await;
    let other = kit.seed.organization().await;
    let other = kit.seed.subscriber(&other).await;
    let free = kit.seed.delivery(&other).await;
    freeze(&kit, &frozen).await;
    let sent = turn(&kit).await;
    let ids: Vec<_> = sent.iter().map(|request| &request.delivery_id).collect();
    assert_eq!(ids, [&free.id]);
}

#[tokio::test]
async fn an_unfreeze_leaves_the_deliveries_of_disabled_endpoints_held() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let delivery = kit.seed.delivery(&disabled.await).await;
    freeze(&kit, &organization).await;
    turn(&kit).await;
    unfreeze(&kit, &organization).await;
    let held = stored_delivery(&kit, &delivery).await;
    assert_eq!(held.state, DeliveryState::Held { due_at: now });
    assert_eq!(turn(&kit).await.len(), 0);
}

#[tokio::test]
async fn a_delivery_that_is_held_just_after_the_unfreeze_is_due_all_the_same() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    freeze(&kit, &organization).await;
    let prepared = prepare(&kit, claim(&kit).await).await;
    unfreeze(&kit, &organization).await;
    assert_eq!(kit.webhooks.settle(&prepared.finished).await.unwrap(), 0);
    let released = stored_delivery(&kit, &delivery).await;
    let due_at = delivery.created_at;
    assert_eq!(released.state, DeliveryState::Pending { due_at });
    assert_eq!(turn(&kit).await.len(), 1);
}

#[tokio::test]
async fn freezing_and_unfreezing_may_be_repeated() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    kit.seed.delivery(&subscriber).await;
    for _ in 0..2 {
        freeze(&kit, &organization).await;
    }
    assert_eq!(turn(&kit).await.len(), 0);
    for _ in 0..2 {
        unfreeze(&kit, &organization).await;
    }
    let claimed = kit.webhooks.claim_deliveries(&room()).await.unwrap();
    assert_eq!(claimed.deliveries.len(), 1);
}
