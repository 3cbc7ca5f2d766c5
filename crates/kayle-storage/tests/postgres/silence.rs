//! What becomes of a server that says nothing more and closes no connection.

use std::collections::BTreeMap;
use std::time::Duration;

use kayle_app::ports::queue::{ClaimRequest, DeliveryQueue, Room};
use kayle_app::ports::store::{Store, StoreError, StoreTx};
use kayle_app::ports::wakeup::Wakeup;
use kayle_delivery::{Lease, LeaseHolder};
use kayle_primitives::OrganizationId;
use kayle_storage::{SqlStore, StoreOptions};
use kayle_testkit::builders::Builders;
use kayle_testkit::clock::MovedClock;
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::database::{Database, texts};
use crate::proxy::Proxy;

const WAIT_MAX: Duration = Duration::from_millis(400);
const ANSWER_MAX: Duration = Duration::from_millis(600);

/// What has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store with two connections, and a way to its database that can fall silent.
struct Far {
    // Closes its connections before the database goes.
    store: SqlStore,
    proxy: Proxy,
    database: Database,
}

impl Far {
    async fn new() -> Self {
        let database = Database::new().await;
        let (before, server) = database.url.split_once('@').expect("it names a user");
        let (server, name) = server.split_once('/').expect("it names a database");
        let proxy = Proxy::to(server.to_owned()).await;
        let url = format!("{before}@{}/{name}", proxy.address());
        let options = StoreOptions {
            connections: 2,
            wait_max: WAIT_MAX,
            answer_max: ANSWER_MAX,
            ..StoreOptions::default()
        };
        let store = SqlStore::connect(&url.parse().expect("it is a URL"), &options).await;
        Self {
            store: store.expect("the proxy leads to the database"),
            proxy,
            database,
        }
    }

    /// Opens as many transactions as there are connections.
    async fn begin_two(&self) -> Result<[Box<dyn StoreTx>; 2], StoreError> {
        Ok([self.store.begin().await?, self.store.begin().await?])
    }

    /// Waits until every connection can be used at once.
    async fn until_all_can_be_used(&self) {
        let all = async {
            loop {
                if let Ok(transactions) = self.begin_two().await {
                    for transaction in transactions {
                        let committed = transaction.commit().await;
                        committed.expect("the database answers");
                    }
                    break;
                }
            }
        };
        ends(all).await;
    }

    /// Expects that something is refused while the database is silent.
    async fn refuses_in_silence<T>(&self, refused: impl Future<Output = Result<T, StoreError>>) {
        // A connection that was just used is not asked for a sign of life.
        self.until_all_can_be_used().await;
        self.proxy.fall_silent();
        let refused = ends(refused).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        self.proxy.speak_again();
    }
}

/// Returns what comes of something that must end.
async fn ends<T>(waiting: impl Future<Output = T>) -> T {
    let ended = timeout(PATIENCE, waiting).await;
    ended.expect("nothing waits for ever")
}

/// Expects that nobody answered.
fn expect_silence<T>(answer: Result<T, StoreError>) {
    let Err(StoreError::Unavailable(reason)) = answer.map(drop) else {
        panic!("nobody can have answered");
    };
    let reason = reason.to_string();
    assert!(reason.contains("has not answered for 600ms"), "{reason}");
}

#[tokio::test]
async fn a_claim_under_way_ends_when_the_database_falls_silent() {
    let far = Far::new().await;
    let connection = far.database.store.connection();
    let lock = connection.begin().await.unwrap();
    let lock_out = "LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE";
    lock.execute_unprepared(lock_out).await.unwrap();
    let request = claim();
    let silence = async {
        far.database.until_somebody_waits().await;
        far.proxy.fall_silent();
    };
    let (claimed, ()) = ends(async { tokio::join!(far.store.claim_due(&request), silence) }).await;
    expect_silence(claimed);
    lock.rollback().await.unwrap();
    far.proxy.speak_again();
    far.until_all_can_be_used().await;
    assert_eq!(far.store.claim_due(&request).await.unwrap(), []);
}

fn claim() -> ClaimRequest {
    let now = Builders::default().now();
    ClaimRequest {
        now,
        lease: Lease {
            holder: LeaseHolder("node".to_owned()),
            until: now.plus(Duration::from_mins(1)),
        },
        room: Room {
            total: 1,
            per_endpoint: 1,
            busy_endpoints: BTreeMap::new(),
            per_destination: 1000,
            busy_destinations: BTreeMap::new(),
        },
    }
}

#[tokio::test]
async fn a_transaction_ends_when_the_database_falls_silent() {
    let far = Far::new().await;
    let organization = Builders::default().organization();
    let [mut written, committed] = far.begin_two().await.unwrap();
    far.proxy.fall_silent();
    expect_silence(ends(written.insert_organization(&organization)).await);
    expect_silence(ends(committed.commit()).await);
    drop(written);
    far.proxy.speak_again();
    far.until_all_can_be_used().await;
    let mut again = far.store.begin().await.unwrap();
    again.insert_organization(&organization).await.unwrap();
    again.commit().await.unwrap();
}

#[tokio::test]
async fn nothing_that_begins_while_the_database_is_silent_waits_for_ever() {
    let far = Far::new().await;
    far.refuses_in_silence(far.store.begin()).await;
    far.refuses_in_silence(far.store.reads().find_organization(nobody()))
        .await;
    far.refuses_in_silence(far.store.sweep_turn()).await;
    let clock = MovedClock::default();
    far.refuses_in_silence(far.store.clock_offset(&clock)).await;
    far.until_all_can_be_used().await;
}

#[tokio::test]
async fn idle_connections_that_have_gone_silent_are_replaced() {
    let far = Far::new().await;
    drop(far.begin_two().await.unwrap());
    // Longer than a connection goes untested.
    texts(&far.database.store, "SELECT pg_sleep(0.3)::text").await;
    far.proxy.fall_silent();
    far.proxy.speak_again();
    let [one, two] = ends(far.begin_two()).await.unwrap();
    one.commit().await.unwrap();
    two.commit().await.unwrap();
}

#[tokio::test]
async fn wakeups_go_on_after_the_database_was_silent() {
    let far = Far::new().await;
    let (here, there) = (Wakeup::default(), Wakeup::default());
    let stop = CancellationToken::new();
    let test = async {
        here.woken().await;
        there.woken().await;
        for _ in 0..2 {
            here.wake();
            there.woken().await;
            // The speaker gives its connection back, and will not test it yet.
            texts(&far.database.store, "SELECT pg_sleep(0.05)::text").await;
            far.proxy.fall_silent();
            here.wake();
            far.proxy.speak_again();
            // Said again over another connection.
            there.woken().await;
            // Listened to again.
            here.woken().await;
            there.wake();
            here.woken().await;
        }
        stop.cancel();
    };
    let relays = async {
        tokio::join!(
            far.store.relay(&here, &stop),
            far.database.store.relay(&there, &stop),
            test
        )
    };
    ends(Box::pin(relays)).await;
}

/// Nobody's id, for a look into the database.
fn nobody() -> OrganizationId {
    Builders::default().organization().id
}
