//! Leases on due deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::dispatch::Room;
use kayle_app::ports::queue::Claimed;
use kayle_delivery::{DeliveryState, Lease};
use kayle_testkit::webhooks::test_webhooks;

use crate::world::{at_once, claim, room, sorted, stored_delivery};

#[tokio::test]
async fn a_claim_holds_a_delivery_for_the_length_of_the_lease() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    let claim = claim(&kit).await;
    let now = kit.webhooks.now();
    let expected = DeliveryState::Delivering {
        claimed_at: now,
        lease: Lease {
            holder: claim.holder,
            until: now.plus(Duration::from_mins(1)),
        },
    };
    assert_eq!(stored_delivery(&kit, &delivery).await.state, expected);
}

#[tokio::test]
async fn a_claim_takes_no_more_than_there_is_room_for() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let busy = kit.seed.subscriber(&organization).await;
    let idle = kit.seed.subscriber(&organization).await;
    for subscriber in [&busy, &busy, &busy, &idle, &idle, &idle] {
        kit.seed.delivery(subscriber).await;
    }
    let small = Room {
        total: 5,
        per_endpoint: 2,
        busy_endpoints: BTreeMap::from([(busy.endpoint.id.clone(), 1)]),
        per_destination: 1000,
        busy_destinations: BTreeMap::new(),
    };
    let claim = kit.webhooks.claim_deliveries(&small).await.unwrap();
    let taken = |id| {
        let of_endpoint = |it: &&Claimed| it.delivery.endpoint_id == id;
        claim.deliveries.iter().filter(of_endpoint).count()
    };
    assert_eq!(taken(busy.endpoint.id), 1);
    assert_eq!(taken(idle.endpoint.id), 2);
}

#[tokio::test]
async fn the_next_delivery_is_due_when_the_earliest_pending_one_is() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    assert_eq!(kit.webhooks.next_delivery_due_at().await.unwrap(), None);
    let born_at = kit.webhooks.now();
    kit.seed.delivery(&subscriber).await;
    kit.clock.advance(Duration::from_secs(1));
    kit.seed.delivery(&subscriber).await;
    let due_at = kit.webhooks.next_delivery_due_at().await.unwrap();
    assert_eq!(due_at, Some(born_at));
    claim(&kit).await;
    assert_eq!(kit.webhooks.next_delivery_due_at().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_claims_never_take_the_same_delivery() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let mut born = Vec::new();
    for _ in 0..40 {
        born.push(kit.seed.delivery(&subscriber).await.id);
    }
    let claims = (0..8).map(|_| {
        let webhooks = Arc::clone(&kit.webhooks);
        let small = Room { total: 8, ..room() };
        async move { webhooks.claim_deliveries(&small).await }
    });
    let claims = at_once(claims.collect()).await;
    let taken = claims
        .into_iter()
        .flat_map(|claim| claim.unwrap().deliveries);
    assert_eq!(
        sorted(taken.map(|claimed| claimed.delivery.id)),
        sorted(born)
    );
}
