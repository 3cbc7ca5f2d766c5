//! Results that the store does not take: each is discarded by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kayle_app::dispatch::{Finished, Outcome, Room};
use kayle_app::ports::queue::{
    ClaimRequest, Claimed, DeliveryQueue, ExpiredLease, Settled, Settlement,
};
use kayle_app::ports::store::{Batch, Portion, StoreError};
use kayle_app::{Parts, Webhooks};
use kayle_delivery::{AttemptOutcome, DeliveryState, LeaseHolder};
use kayle_endpoints::DeliveryPolicy;
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};
use kayle_testkit::builders::key_ring;
use kayle_testkit::store::MemoryStore;
use kayle_testkit::webhooks::{test_settings, test_webhooks};

use crate::world::stored_delivery;

#[tokio::test]
async fn a_result_that_the_store_does_not_take_keeps_back_no_other() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let refused = kit.seed.delivery(&subscriber).await;
    let other = kit.seed.delivery(&subscriber).await;
    let queue = Arc::new(ChoosyQueue {
        store: Arc::clone(&kit.store),
        refused: refused.id.clone(),
        asked: Mutex::new(0),
    });
    let webhooks = Webhooks::new(Parts {
        store: Arc::clone(&kit.store) as _,
        queue: Arc::clone(&queue) as _,
        clock: Arc::clone(&kit.clock) as _,
        entropy: Arc::clone(&kit.entropy) as _,
        wakeup: Arc::default(),
        keys: key_ring(),
        settings: test_settings(),
    });
    let room = Room {
        total: 10,
        per_endpoint: 10,
        busy_endpoints: BTreeMap::new(),
        per_destination: 1000,
        busy_destinations: BTreeMap::new(),
    };
    let claim = webhooks.claim_deliveries(&room).await.unwrap();
    let accepted = Outcome::Attempted(AttemptOutcome::Accepted { status_code: 200 });
    let prepared = webhooks.prepare(claim).await;
    let ended: Vec<Finished> = prepared
        .to_send
        .into_iter()
        .map(|ready| webhooks.finish(ready.in_flight, accepted))
        .collect();

    assert_eq!(
        webhooks.settle(&ended).await.unwrap(),
        1,
        "one is discarded"
    );
    let written = stored_delivery(&kit, &other).await;
    assert_eq!(written.state, DeliveryState::Succeeded);
    let left = stored_delivery(&kit, &refused).await;
    assert!(matches!(left.state, DeliveryState::Delivering { .. }));
    assert!(*queue.asked.lock().unwrap() < 30, "nobody asks for ever");
}

/// Takes no settlement of one delivery, as if a rule of the schema forbade it.
struct ChoosyQueue {
    store: Arc<MemoryStore>,
    refused: DeliveryId,
    asked: Mutex<usize>,
}

#[async_trait]
impl DeliveryQueue for ChoosyQueue {
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        self.store.claim_due(request).await
    }

    async fn still_leased_to(
        &self,
        holder: &LeaseHolder,
        ids: &[DeliveryId],
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.store.still_leased_to(holder, ids).await
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        *self.asked.lock().expect("nothing panics while it counts") += 1;
        let is_refused = |settlement: &Settlement| settlement.step.delivery.id == self.refused;
        if settlements.iter().any(is_refused) {
            return Err(StoreError::Conflict);
        }
        self.store.settle(settlements).await
    }

    async fn expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<ExpiredLease>, StoreError> {
        self.store.expired_leases(now, portion).await
    }

    async fn policies(
        &self,
        endpoints: &BTreeSet<EndpointId>,
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError> {
        self.store.policies(endpoints).await
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_due_at().await
    }
}
