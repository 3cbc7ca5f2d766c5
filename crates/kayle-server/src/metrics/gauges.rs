//! What only the database knows: read in the background by one node for all, and shown by it until
//! it is too old. A scrape shows what was read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use kayle_app::ports::store::{FullAt, Gauges, StoreError};
use kayle_primitives::Timestamp;
use kayle_storage::SqlStore;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Metrics, Sample, as_f64, seconds_of_ms};
use crate::clock::machine_now;

/// Seldom enough to cost nothing, often enough for an alert of a minute.
const READ_INTERVAL: Duration = Duration::from_secs(10);

/// By index it takes milliseconds. A database that takes longer has other worries.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// What is older says nothing about now.
const SHOWN_FOR: Duration = Duration::from_mins(1);

/// A node that has not checked in for three times its interval is gone: another one's turn comes.
const NODE_GONE_AFTER: Duration = Duration::from_secs(15);

/// The gauges that were read last, if it was this node's turn.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Option<Reading>>>);

#[derive(Clone, Copy)]
struct Reading {
    gauges: Gauges,
    at: Timestamp,
    instant: Instant,
}

/// Who reads, and what for.
pub(crate) struct GaugeReader {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) board: Board,
    /// This node.
    pub(crate) node_id: Uuid,
    /// With so many requests under way an endpoint has no room.
    pub(crate) full_at: FullAt,
}

impl GaugeReader {
    /// Reads every ten seconds, while it is this node's turn, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            match timeout(READ_TIMEOUT, self.read()).await {
                Ok(Ok(())) => self.webhooks.meter().loop_turned(Loop::Gauges),
                Ok(Err(error)) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::debug!(error, "the database's gauges cannot be read");
                }
                Err(_) => tracing::debug!("the database's gauges were not read in time"),
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(READ_INTERVAL) => {}
            }
        }
    }

    async fn read(&self) -> Result<(), StoreError> {
        let now = self.webhooks.now();
        let alive_since = now.minus(NODE_GONE_AFTER);
        let reading = if self.store.is_first_node(self.node_id, alive_since).await? {
            Some(Reading {
                gauges: self.store.gauges(now, self.full_at).await?,
                at: machine_now(),
                instant: Instant::now(),
            })
        } else {
            None
        };
        *self.board.lock() = reading;
        Ok(())
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Option<Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> Option<Reading> {
        let reading = *self.lock();
        reading.filter(|reading| reading.instant.elapsed() <= SHOWN_FOR)
    }
}

/// Shows what is on the board; `now` tells how old the oldest is when somebody looks.
pub(crate) fn show(
    metrics: &Metrics,
    board: &Board,
    now: impl Fn() -> Timestamp + Send + Sync + 'static,
) {
    show_one(
        metrics,
        board,
        "kayle_oldest_due_age_seconds",
        "How long the oldest due delivery has waited, by whether its endpoint has room for it",
        move |reading| {
            let now = now();
            let age = |due_at: Option<Timestamp>| {
                due_at.map_or(0.0, |due_at| now.since(due_at).as_secs_f64())
            };
            let gauges = reading.gauges;
            labelled(
                "endpoint",
                [
                    ("with_room", age(gauges.oldest_due_with_room)),
                    ("full", age(gauges.oldest_due_of_full)),
                ],
            )
        },
    );
    show_one(
        metrics,
        board,
        "kayle_deliveries",
        "Deliveries that have not ended; counted up to 100,000",
        |reading| {
            let gauges = reading.gauges;
            labelled(
                "state",
                [
                    ("due", as_f64(gauges.due)),
                    ("later", as_f64(gauges.later)),
                    ("held", as_f64(gauges.held)),
                    ("delivering", as_f64(gauges.delivering)),
                ],
            )
        },
    );
    show_one(
        metrics,
        board,
        "kayle_payloads_stored",
        "Encrypted payloads that are stored; counted up to 100,000",
        |reading| vec![Sample::of(as_f64(reading.gauges.payloads))],
    );
    show_one(
        metrics,
        board,
        "kayle_payloads_overdue",
        "Payloads that should have been erased more than five minutes ago",
        |reading| vec![Sample::of(as_f64(reading.gauges.payloads_overdue))],
    );
    show_one(
        metrics,
        board,
        "kayle_sessions_overdue",
        "Sessions that should have expired more than five minutes ago",
        |reading| vec![Sample::of(as_f64(reading.gauges.sessions_overdue))],
    );
    show_one(
        metrics,
        board,
        "kayle_gauges_read_timestamp_seconds",
        "When the gauges of the database were read",
        |reading| vec![Sample::of(seconds_of_ms(reading.at.unix_ms()))],
    );
}

/// Shows a reading of an empty database, for whoever looks at the names.
#[cfg(test)]
pub(super) fn show_a_reading(metrics: &Metrics) {
    let board = Board::default();
    *board.lock() = Some(Reading {
        gauges: Gauges::default(),
        at: machine_now(),
        instant: Instant::now(),
    });
    show(metrics, &board, machine_now);
}

fn show_one(
    metrics: &Metrics,
    board: &Board,
    name: &'static str,
    help: &'static str,
    samples: impl Fn(Reading) -> Vec<Sample> + Send + Sync + 'static,
) {
    let board = board.clone();
    metrics.show_gauge(name, help, move || {
        board.reading().map(&samples).unwrap_or_default()
    });
}

fn labelled<const N: usize>(label: &'static str, values: [(&'static str, f64); N]) -> Vec<Sample> {
    let samples = values.map(|(value, number)| Sample::labelled(vec![(label, value)], number));
    samples.to_vec()
}
