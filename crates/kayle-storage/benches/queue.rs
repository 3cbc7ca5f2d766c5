//! What a batch of a hundred costs on PostgreSQL, with a short queue and with a long one.
//!
//! `TEST_POSTGRES_URL=postgres://… cargo bench -p kayle-storage --bench queue`; the server needs a
//! migrated database `kayle_template`, and 4 GB of disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use kayle_app::ports::queue::{ClaimRequest, Claimed, DeliveryQueue, Room, Settled, Settlement};
use kayle_delivery::step::AfterFailure;
use kayle_delivery::{AttemptOutcome, Input, Lease, LeaseHolder, RetrySchedules, step};
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_primitives::{DeliveryAttemptId, Timestamp};
use kayle_storage::{SqlStore, StoreOptions};
use kayle_testkit::builders::Builders;
use sea_orm::ConnectionTrait;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::runtime::Runtime;

use self::server::{on_the_server, server};

#[path = "../tests/postgres/server.rs"]
mod server;

/// The moment of `queue.sql`.
const NOW: i64 = 1_777_978_800_000;
const BATCH: usize = 100;
const DATABASE: &str = "kayle_bench_queue";

/// A queue of some length.
struct Queue {
    store: SqlStore,
    make: Builders,
    holder: LeaseHolder,
}

impl Queue {
    async fn filled(pending: usize) -> Self {
        on_the_server(format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")).await;
        on_the_server(format!(
            "CREATE DATABASE {DATABASE} TEMPLATE kayle_template"
        ))
        .await;
        let url = format!("{}/{DATABASE}", server());
        let store =
            SqlStore::connect(&url.parse().expect("it is a URL"), &StoreOptions::default()).await;
        let store = store.expect("the database was just made");
        let fill = include_str!("../fixtures/queue.sql").replace("PENDING", &pending.to_string());
        let mut filling = PgConnection::connect(&url).await.expect("it is there");
        let filled = filling.execute(AssertSqlSafe(fill)).await;
        filled.expect("the statements are right");
        let vacuumed = filling.execute("VACUUM ANALYZE").await;
        vacuumed.expect("the statement is right");
        Self {
            store,
            make: Builders::default(),
            holder: LeaseHolder("bench".to_owned()),
        }
    }

    async fn claim(&self) -> Vec<Claimed> {
        let now = Timestamp::from_unix_ms(NOW);
        let request = ClaimRequest {
            now,
            lease: Lease {
                holder: self.holder.clone(),
                until: now.plus(Duration::from_mins(1)),
            },
            room: Room {
                total: BATCH,
                per_endpoint: BATCH,
                busy_endpoints: BTreeMap::new(),
                per_destination: 1000,
                busy_destinations: BTreeMap::new(),
            },
        };
        let claimed = self.store.claim_due(&request).await;
        let claimed = claimed.expect("the database answers");
        assert_eq!(claimed.len(), BATCH);
        claimed
    }

    /// Returns what is to be written when every endpoint accepts.
    fn accepted(&self, claimed: &[Claimed]) -> Vec<Settlement> {
        let started_at = Timestamp::from_unix_ms(NOW);
        let schedules = RetrySchedules::default();
        let settlements = claimed.iter().map(|claimed| {
            let input = Input::AttemptFinished {
                attempt_id: DeliveryAttemptId::generate(started_at, self.make.entropy()),
                started_at,
                outcome: AttemptOutcome::Accepted { status_code: 204 },
                after_failure: AfterFailure {
                    schedule: schedules.named(RetryScheduleName::default()),
                    retention: Retention::default(),
                    retry_after: None,
                },
            };
            Settlement {
                holder: self.holder.clone(),
                step: step(&claimed.delivery, input, started_at).expect("it was claimed"),
            }
        });
        settlements.collect()
    }

    async fn settle(&self, settlements: &[Settlement]) {
        let settled = self.store.settle(settlements).await;
        let settled = settled.expect("the database answers");
        assert!(settled.iter().all(|settled| *settled == Settled::Written));
    }

    /// Puts what was settled at the end of the queue, so that its length stays the same.
    async fn put_back(&self, settlements: &[Settlement]) {
        let ids: Vec<String> = settlements
            .iter()
            .map(|settlement| format!("'{}'", settlement.step.delivery.id))
            .collect();
        let ids = ids.join(",");
        let put_back = format!(
            "UPDATE deliveries SET state = 'pending', due_at = {NOW}, attempt_count = 0, \
             last_attempt_at = NULL, last_status_code = NULL, last_failure_reason = NULL, \
             payload_reason = 'pending_delivery', payload_expires_at = {NOW} + 604800000, \
             payload_scrubbed_at = NULL WHERE id IN ({ids}); \
             INSERT INTO delivery_payloads SELECT id, repeat('x', 1000) FROM deliveries \
             WHERE id IN ({ids})"
        );
        let connection = self.store.connection();
        let put_back = connection.execute_unprepared(&put_back).await;
        put_back.expect("the statements are right");
    }

    /// Measures rounds of the queue's life: claims, or settlements.
    async fn measure(&self, rounds: u64, part: Part) -> Duration {
        let mut took = Duration::ZERO;
        for _ in 0..rounds {
            let before_claim = now();
            let claimed = self.claim().await;
            let claim = before_claim.elapsed();
            let settlements = self.accepted(&claimed);
            let before_settle = now();
            self.settle(&settlements).await;
            took += match part {
                Part::Claim => claim,
                Part::Settle => before_settle.elapsed(),
            };
            self.put_back(&settlements).await;
        }
        took
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
enum Part {
    Claim,
    Settle,
}

fn queue(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the system has threads");
    for pending in [1_000, 1_000_000] {
        let queue = runtime.block_on(Queue::filled(pending));
        let mut group = criterion.benchmark_group(format!("a_hundred_of_{pending}"));
        group.sample_size(20);
        for (name, part) in [("claim", Part::Claim), ("settle", Part::Settle)] {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|rounds| runtime.block_on(queue.measure(rounds, part)));
            });
        }
        group.finish();
        let closed = runtime.block_on(queue.store.close());
        closed.expect("nothing is under way");
    }
    let drop = format!("DROP DATABASE {DATABASE} WITH (FORCE)");
    runtime.block_on(on_the_server(drop));
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn now() -> Instant {
    Instant::now()
}

criterion_group!(benches, queue);
criterion_main!(benches);
