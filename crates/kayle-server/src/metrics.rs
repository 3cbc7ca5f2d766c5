//! Numbers for operators (contract 14.6): what happens is counted here, and shown at `/metrics`.
//!
//! The cast: [`Metrics`] is the [`Meter`] of the whole process; `series` names
//! its series, and `table` holds those of a metric, made beforehand from closed sets; `at_scrape` asks for what is known only when somebody
//! looks; `gauges` reads the database in the background; `process` reads what the kernel knows of this process.
//!
//! A label's values come from an enum, never from a text that anybody sent, so that the number of
//! series does not depend on what customers do. Nothing here asks the database.

mod at_scrape;
pub(crate) mod gauges;
mod process;
mod series;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kayle_app::ports::meter::{
    AttemptBegan, AttemptTurn, BatchKind, DeliveryEnd, DispatcherLoad, LookReason, Loop, Meter,
    ReportAnswer, SecretFailure, Swept,
};
use kayle_app::ports::store::{NodeRole, SessionStep};
use kayle_crypto::SignedWith;
use kayle_delivery::{Attempt, AttemptOutcome, Delivery, FailureReason, Step};
use kayle_endpoints::UrlRefusal;
use kayle_primitives::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use tokio::time::Instant;

use self::at_scrape::AtScrape;
pub(crate) use self::at_scrape::Sample;
use self::series::{Http, Outcomes, Refusals, Work};
use crate::clock::machine_now;

/// What an unknown path is counted as, and one that is not of the API, such as the dashboard's.
const UNKNOWN_ROUTE: &str = "unknown";

/// What a request is counted as whose caller hung up.
const NO_ANSWER: &str = "none";

/// Counts what happens in this process.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    http: Http,
    outcomes: Outcomes,
    work: Work,
    refusals: Refusals,
    loops: Loops,
}

/// When a turn of each loop last ended without an error; loops that this node has not are missing.
#[derive(Debug, Clone, Default)]
struct Loops(Arc<Mutex<Vec<Turn>>>);

/// The last turn of a loop that went well. Its age goes by a clock that nobody can set.
#[derive(Debug, Clone, Copy)]
struct Turn {
    which: Loop,
    at: Timestamp,
    instant: Instant,
}

impl Metrics {
    /// Creates the numbers of a node, all series at 0. `routes` are the patterns of the paths that
    /// the API knows.
    pub(crate) fn new(role: NodeRole, routes: impl Iterator<Item = &'static str>) -> Self {
        let mut registry = Registry::default();
        let mut routes: Vec<&'static str> = routes.chain([UNKNOWN_ROUTE]).collect();
        routes.sort_unstable();
        routes.dedup();
        let metrics = Self {
            http: Http::register(&mut registry, routes),
            outcomes: Outcomes::register(&mut registry),
            work: Work::register(&mut registry),
            refusals: Refusals::register(&mut registry),
            loops: Loops::default(),
            registry: Mutex::new(registry),
        };
        metrics.show_what_is_known(role);
        metrics
    }

    /// Returns the page, as OpenMetrics text.
    pub(crate) fn page(&self) -> String {
        let mut page = String::new();
        // Writing into memory cannot fail.
        let _ = encode(&mut page, &self.registry());
        page
    }

    /// Shows a gauge that is asked for at each scrape.
    pub(crate) fn show_gauge(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) {
        let gauge = AtScrape::gauge(name, help, read);
        self.registry().register_collector(Box::new(gauge));
    }

    /// Shows a counter that is asked for at each scrape.
    pub(crate) fn show_counter(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) {
        let counter = AtScrape::counter(name, help, read);
        self.registry().register_collector(Box::new(counter));
    }

    /// Shows a loop that this node has, from now on: it is as if it had just turned.
    pub(crate) fn expect_loop(&self, which: Loop) {
        self.loops.turns().push(Turn::now(which));
    }

    /// Returns how long ago a turn of a loop last ended without an error; `None` if this node has
    /// no such loop.
    pub(crate) fn last_success_ago(&self, which: Loop) -> Option<Duration> {
        let turns = self.loops.turns();
        let turn = turns.iter().find(|turn| turn.which == which)?;
        Some(turn.instant.elapsed())
    }

    fn show_what_is_known(&self, role: NodeRole) {
        self.show_gauge(
            "kayle_build_info",
            "1, with the version of the program and what this node does",
            move || {
                let labels = vec![
                    ("version", env!("CARGO_PKG_VERSION")),
                    (
                        "revision",
                        option_env!("KAYLE_REVISION").unwrap_or("unknown"),
                    ),
                    ("role", role.as_str()),
                ];
                vec![Sample::labelled(labels, 1.0)]
            },
        );
        let loops = self.loops.clone();
        self.show_gauge(
            "kayle_loop_last_success_timestamp_seconds",
            "When a turn of each loop last ended without an error; at first, when it was started",
            move || {
                let turns = loops.turns();
                let samples = turns.iter().map(|turn| {
                    let seconds = seconds_of_ms(turn.at.unix_ms());
                    Sample::labelled(vec![("loop", turn.which.into())], seconds)
                });
                samples.collect()
            },
        );
        process::show(self);
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt_ended(&self, attempt: &Attempt, delivery: &Delivery) {
        let turn = AttemptTurn::after(delivery.attempt_count.saturating_sub(1));
        let outcome = attempt_outcome(attempt.outcome);
        if let Some(attempts) = self.outcomes.attempts.at([outcome, turn.into()]) {
            attempts.inc();
        }
        if let AttemptOutcome::Blocked { .. } = attempt.outcome {
            self.guard_refused(FailureReason::BlockedAddress.as_str());
        }
        if was_sent(attempt.outcome) {
            self.outcomes
                .attempt_duration
                .observe(attempt.duration.as_secs_f64());
        }
    }

    fn guard_refused(&self, reason: &'static str) {
        if let Some(refusals) = self.refusals.by_guard.at([reason]) {
            refusals.inc();
        }
    }
}

impl Meter for Metrics {
    fn request_began(&self) {
        self.http.in_flight.inc();
    }

    fn request_ended(&self, route: Option<&str>, status_code: Option<u16>, took: Duration) {
        self.http.in_flight.dec();
        let is_known = |route: &&str| self.http.durations.at([*route]).is_some();
        let route = route.filter(is_known).unwrap_or(UNKNOWN_ROUTE);
        let status = match status_code {
            Some(..300) => "2xx",
            Some(300..400) => "3xx",
            Some(400..500) => "4xx",
            Some(500..) => "5xx",
            None => NO_ANSWER,
        };
        if let Some(requests) = self.http.requests.at([route, status]) {
            requests.inc();
        }
        if let Some(durations) = self.http.durations.at([route]) {
            durations.observe(took.as_secs_f64());
        }
    }

    fn report_answered(&self, answer: ReportAnswer) {
        self.outcomes.reports.inc(answer);
    }

    fn step_committed(&self, step: &SessionStep) {
        let events = step.events.iter().map(|new| &new.event);
        for event in events.clone() {
            self.outcomes.events.inc(event.event_type);
        }
        for new in &step.deliveries {
            let event_id = &new.delivery.event_id;
            if let Some(event) = events.clone().find(|event| event.id == *event_id) {
                self.outcomes.deliveries_created.inc(event.event_type);
            }
            if let Some(attempt) = &new.attempt {
                self.attempt_ended(attempt, &new.delivery);
                self.deliveries_ended(DeliveryEnd::Unsendable, 1);
            }
        }
    }

    fn attempt_began(&self, began: AttemptBegan) {
        let AttemptBegan {
            turn,
            lag,
            waited_for,
        } = began;
        if let Some(lags) = self
            .outcomes
            .delivery_lag
            .at([turn.into(), waited_for.into()])
        {
            lags.observe(lag.as_secs_f64());
        }
    }

    fn settled(&self, step: &Step) {
        if let Some(attempt) = &step.attempt {
            self.attempt_ended(attempt, &step.delivery);
        }
        let Some(end) = DeliveryEnd::of(step) else {
            return;
        };
        self.deliveries_ended(end, 1);
        if end == DeliveryEnd::Delivered {
            let age = step.delivery.updated_at.since(step.delivery.created_at);
            self.outcomes.delivery_age.observe(age.as_secs_f64());
        }
    }

    fn deliveries_ended(&self, end: DeliveryEnd, count: usize) {
        self.outcomes.deliveries_ended.add(end, count);
    }

    fn url_refused(&self, refusal: UrlRefusal) {
        self.guard_refused(refusal.as_str());
    }

    fn secret_failed(&self, failure: SecretFailure) {
        self.refusals.secret_failures.inc(failure);
    }

    fn service_token_verified(&self, signed_with: SignedWith) {
        self.refusals.service_tokens.inc(signed_with);
    }

    fn leases_expired(&self, count: usize) {
        self.work.leases_expired.inc_by(as_u64(count));
    }

    fn results_discarded(&self, count: usize) {
        self.work.results_discarded.inc_by(as_u64(count));
    }

    fn dispatcher_turned(&self, load: DispatcherLoad) {
        self.work.in_flight.set(as_i64(load.in_flight));
        self.work.unsettled_results.set(as_i64(load.unsettled));
    }

    fn queue_looked_at(&self, why: LookReason) {
        self.work.queue_looks.inc(why);
    }

    fn batch_ended(&self, batch: BatchKind, size: usize, took: Duration) {
        let kind = [batch.into()];
        if let Some(sizes) = self.work.batch_size.at(kind) {
            sizes.observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
        }
        if let Some(durations) = self.work.batch_duration.at(kind) {
            durations.observe(took.as_secs_f64());
        }
    }

    fn swept(&self, what: Swept, count: usize) {
        self.work.swept.add(what, count);
    }

    fn loop_turned(&self, which: Loop) {
        let mut turns = self.loops.turns();
        if let Some(turn) = turns.iter_mut().find(|turn| turn.which == which) {
            *turn = Turn::now(which);
        }
    }
}

impl Turn {
    fn now(which: Loop) -> Self {
        Self {
            which,
            at: machine_now(),
            instant: Instant::now(),
        }
    }
}

impl Loops {
    fn turns(&self) -> MutexGuard<'_, Vec<Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attempt_outcome(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Accepted { .. } => "2xx",
        AttemptOutcome::Refused { status_code } => match status_code {
            500.. => "5xx",
            400..500 => "4xx",
            ..400 => "3xx",
        },
        AttemptOutcome::NoAnswer(reason) => reason.as_str(),
        AttemptOutcome::Blocked { .. } => FailureReason::BlockedAddress.as_str(),
        AttemptOutcome::NotEncrypted => "not_encrypted",
        AttemptOutcome::UrlRejected => "url_rejected",
    }
}

/// Returns whether a request was made, so that its duration says something of the endpoint.
fn was_sent(outcome: AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Accepted { .. }
        | AttemptOutcome::Refused { .. }
        | AttemptOutcome::Blocked { .. } => true,
        AttemptOutcome::NoAnswer(reason) => match reason {
            FailureReason::Timeout
            | FailureReason::Dns
            | FailureReason::Connect
            | FailureReason::Tls
            | FailureReason::BlockedAddress => true,
            FailureReason::SigningSecretUnavailable | FailureReason::LeaseExpired => false,
        },
        AttemptOutcome::NotEncrypted | AttemptOutcome::UrlRejected => false,
    }
}

fn as_u64(count: usize) -> u64 {
    count.try_into().unwrap_or(u64::MAX)
}

fn as_i64(count: usize) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// Returns a count as the page shows it.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 9 million milliards"
)]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Turns milliseconds into seconds. A moment of this century is exact to the millisecond.
#[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
pub(crate) fn seconds_of_ms(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
