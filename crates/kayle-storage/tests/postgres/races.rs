//! What several who write at once must not do to one another.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::queue::{ClaimRequest, Claimed, DeliveryQueue, Room, Settlement};
use kayle_app::ports::store::{ResumeScope, Store, StoreTx};
use kayle_delivery::{Delivery, DeliveryState, Input, Lease, LeaseHolder, step};
use kayle_endpoints::Endpoint;
use kayle_storage::SqlStore;
use kayle_testkit::builders::Builders;
use kayle_testkit::seed::{Seed, Subscriber};
use tokio::task::JoinSet;

use crate::database::Database;

const AVAILABLE: &str = "the store takes what a test gives it";

/// A database with a way to fill it.
struct Race {
    database: Database,
    seed: Seed,
}

impl Race {
    async fn new() -> Self {
        let database = Database::new().await;
        let seed = Seed {
            make: Builders::default(),
            store: Arc::new(database.store.clone()),
        };
        Self { database, seed }
    }

    fn store(&self) -> &SqlStore {
        &self.database.store
    }

    async fn subscriber(&self) -> Subscriber {
        let organization = self.seed.organization().await;
        self.seed.subscriber(&organization).await
    }

    fn request(&self, holder: &str, limit: usize) -> ClaimRequest {
        let now = self.seed.make.now();
        ClaimRequest {
            now,
            lease: Lease {
                holder: LeaseHolder(holder.to_owned()),
                until: now.plus(Duration::from_mins(1)),
            },
            room: Room {
                total: limit,
                per_endpoint: 1000,
                busy_endpoints: BTreeMap::new(),
                per_destination: 1000,
                busy_destinations: BTreeMap::new(),
            },
        }
    }

    /// Claims one delivery, and returns what would hold it back.
    async fn claimed_and_held(&self) -> (Delivery, Settlement) {
        let claimed = self
            .store()
            .claim_due(&self.request("a", 1))
            .await
            .expect(AVAILABLE);
        let [Claimed { delivery, .. }] = <[_; 1]>::try_from(claimed).expect(AVAILABLE);
        let step = step(&delivery, Input::Held, self.seed.make.now()).expect(AVAILABLE);
        let holder = LeaseHolder("a".to_owned());
        (delivery, Settlement { holder, step })
    }

    async fn state(&self, delivery: &Delivery) -> DeliveryState {
        let reads = self.store().reads();
        let found = reads.find_delivery(delivery.organization_id, &delivery.id);
        found.await.expect(AVAILABLE).expect(AVAILABLE).state
    }

    /// Stores a held delivery.
    async fn held(&self, subscriber: &Subscriber) -> Delivery {
        let delivery = self.seed.delivery(subscriber).await;
        let due_at = self.seed.make.now();
        let held = Delivery {
            state: DeliveryState::Held { due_at },
            ..delivery
        };
        let mut tx = self.store().begin().await.expect(AVAILABLE);
        let saved = tx.save_deliveries(slice::from_ref(&held));
        saved.await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
        held
    }

    /// Commits a transaction only when another one waits for it; gives what each resumed.
    async fn one_after_the_other(
        &self,
        first: impl Future<Output = (Box<dyn StoreTx>, u64)>,
        second: impl Future<Output = (Box<dyn StoreTx>, u64)>,
    ) -> [u64; 2] {
        let (tx, by_first) = first.await;
        let commit = async {
            self.database.until_somebody_waits().await;
            tx.commit().await.expect(AVAILABLE);
        };
        let ((tx, by_second), ()) = tokio::join!(second, commit);
        tx.commit().await.expect(AVAILABLE);
        [by_first, by_second]
    }

    /// Settles while a transaction is open that the settlement has to wait for.
    async fn settle_behind(&self, tx: Box<dyn StoreTx>, settlement: &Settlement) {
        let commit = async {
            self.database.until_somebody_waits().await;
            tx.commit().await.expect(AVAILABLE);
        };
        let (settled, ()) = tokio::join!(self.store().settle(slice::from_ref(settlement)), commit);
        settled.expect(AVAILABLE);
    }

    async fn disabled(&self, subscriber: &Subscriber) -> Endpoint {
        let endpoint = Endpoint {
            disabled_at: Some(self.seed.make.now()),
            ..subscriber.endpoint.clone()
        };
        let mut tx = self.store().begin().await.expect(AVAILABLE);
        tx.save_endpoint(&endpoint).await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
        endpoint
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_at_once_never_take_the_same_delivery() {
    let race = Race::new().await;
    let subscriber = race.subscriber().await;
    for _ in 0..60 {
        race.seed.delivery(&subscriber).await;
    }
    let mut claims = JoinSet::new();
    for number in 0..12 {
        let store = race.store().clone();
        let request = race.request(&number.to_string(), 5);
        claims.spawn(async move { store.claim_due(&request).await.unwrap() });
    }
    let claimed: Vec<Claimed> = claims.join_all().await.concat();
    let ids: BTreeSet<_> = claimed.iter().map(|it| it.delivery.id.clone()).collect();
    assert_eq!(ids.len(), claimed.len(), "one was taken twice");
    assert_eq!(ids.len(), 60, "each claim finds its own");
}

#[tokio::test]
async fn a_claim_waits_for_nobody() {
    let race = Race::new().await;
    let subscriber = race.subscriber().await;
    let locked = race.seed.delivery(&subscriber).await;
    let free = race.seed.delivery(&subscriber).await;
    let mut tx = race.store().begin().await.unwrap();
    tx.lock_delivery(locked.organization_id, &locked.id)
        .await
        .unwrap();
    let claimed = race.store().claim_due(&race.request("a", 2)).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|it| &it.delivery.id).collect();
    assert_eq!(ids, [&free.id]);
}

#[tokio::test]
async fn a_hold_that_meets_an_enabling_becomes_pending() {
    let race = Race::new().await;
    let subscriber = race.subscriber().await;
    race.seed.delivery(&subscriber).await;
    race.disabled(&subscriber).await;
    let (delivery, settlement) = race.claimed_and_held().await;

    let organization_id = delivery.organization_id;
    let mut enabling = race.store().begin().await.unwrap();
    enabling
        .lock_endpoint(organization_id, &subscriber.endpoint.id)
        .await
        .unwrap();
    enabling.save_endpoint(&subscriber.endpoint).await.unwrap();
    let scope = ResumeScope::Endpoint(subscriber.endpoint.id.clone());
    let now = race.seed.make.now();
    let resumed = enabling
        .resume_deliveries(organization_id, &scope, now)
        .await;
    assert_eq!(resumed.unwrap(), 0);
    race.settle_behind(enabling, &settlement).await;
    assert!(matches!(
        race.state(&delivery).await,
        DeliveryState::Pending { .. }
    ));
}

#[tokio::test]
async fn a_hold_that_meets_a_thaw_becomes_pending() {
    let race = Race::new().await;
    let subscriber = race.subscriber().await;
    race.seed.delivery(&subscriber).await;
    let organization_id = subscriber.organization.id;
    let now = race.seed.make.now();
    let mut tx = race.store().begin().await.unwrap();
    tx.set_pending_deletion(organization_id, Some(now))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (delivery, settlement) = race.claimed_and_held().await;

    let mut thawing = race.store().begin().await.unwrap();
    let thawed = thawing.set_pending_deletion(organization_id, None);
    assert!(thawed.await.unwrap());
    let scope = ResumeScope::Organization;
    let resumed = thawing
        .resume_deliveries(organization_id, &scope, now)
        .await;
    assert_eq!(resumed.unwrap(), 0);
    race.settle_behind(thawing, &settlement).await;
    assert!(matches!(
        race.state(&delivery).await,
        DeliveryState::Pending { .. }
    ));
}

#[tokio::test]
async fn what_is_enabled_while_its_organization_is_thawed_is_resumed() {
    for enabling_is_first in [true, false] {
        let race = Race::new().await;
        let subscriber = race.subscriber().await;
        let held = race.held(&subscriber).await;
        race.disabled(&subscriber).await;
        let organization_id = subscriber.organization.id;
        let now = race.seed.make.now();
        let mut tx = race.store().begin().await.unwrap();
        tx.set_pending_deletion(organization_id, Some(now))
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let mut enabling = race.store().begin().await.unwrap();
        let mut thawing = race.store().begin().await.unwrap();
        let enable = async {
            let scope = ResumeScope::Endpoint(subscriber.endpoint.id.clone());
            enabling.save_endpoint(&subscriber.endpoint).await.unwrap();
            let resumed = enabling
                .resume_deliveries(organization_id, &scope, now)
                .await;
            (enabling, resumed.unwrap())
        };
        let thaw = async {
            let thawed = thawing.set_pending_deletion(organization_id, None).await;
            assert!(thawed.unwrap());
            let scope = ResumeScope::Organization;
            let resumed = thawing
                .resume_deliveries(organization_id, &scope, now)
                .await;
            (thawing, resumed.unwrap())
        };
        let resumed = if enabling_is_first {
            race.one_after_the_other(enable, thaw).await
        } else {
            race.one_after_the_other(thaw, enable).await
        };
        assert_eq!(resumed, [0, 1]);
        let state = race.state(&held).await;
        assert!(matches!(state, DeliveryState::Pending { .. }), "{state:?}");
    }
}

#[tokio::test]
async fn two_who_begin_an_audit_chain_take_turns() {
    let race = Race::new().await;
    let organization = race.seed.organization().await;
    let mut first = race.store().begin().await.unwrap();
    let before = first.lock_audit_chain(organization.id).await.unwrap();
    assert_eq!(before.head.sequence, 0);
    let row = race.seed.make.audit_row(&organization, 1);
    first.insert_audit_row(&row).await.unwrap();
    let mut second = race.store().begin().await.unwrap();
    let commit = async {
        race.database.until_somebody_waits().await;
        first.commit().await.unwrap();
    };
    let (before, ()) = tokio::join!(second.lock_audit_chain(organization.id), commit);
    assert_eq!(before.unwrap().head.sequence, 1);
}
