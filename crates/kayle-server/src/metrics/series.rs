//! The series, by what they are about: their names, their help, and the values of their labels.

use kayle_app::ports::meter::{
    AttemptTurn, BatchKind, DeliveryEnd, LookReason, ReportAnswer, SecretFailure, Swept, WaitedFor,
};
use kayle_crypto::SignedWith;
use kayle_delivery::FailureReason;
use kayle_endpoints::UrlRefusal;
use kayle_events::EventType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::NO_ANSWER;
use super::table::{Table, names};

/// From a millisecond, the grain of the clock, to 35 s, the longest wait for a database.
const OF_A_BATCH: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 35.0,
];

/// Few, because there are as many series as routes times these.
const OF_A_REQUEST: &[f64] = &[0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 35.0];

/// From a hand-over to what waits for an endpoint's schedule.
const OF_A_LAG: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0,
    1_800.0, 7_200.0, 43_200.0,
];

/// Those of the semantic conventions for HTTP, and 15 s, after which an attempt is given up.
const OF_AN_ATTEMPT: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0,
];

/// Doubling up to the largest batch.
const OF_A_SIZE: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Callers' requests.
pub(super) struct Http {
    pub(super) requests: Table<Counter, 2>,
    pub(super) durations: Table<Histogram, 1>,
    pub(super) in_flight: Gauge,
}

/// What became of reports, deliveries and attempts.
pub(super) struct Outcomes {
    pub(super) reports: Table<Counter, 1>,
    pub(super) events: Table<Counter, 1>,
    pub(super) deliveries_created: Table<Counter, 1>,
    pub(super) deliveries_ended: Table<Counter, 1>,
    pub(super) attempts: Table<Counter, 2>,
    pub(super) attempt_duration: Histogram,
    pub(super) delivery_lag: Table<Histogram, 2>,
    pub(super) delivery_age: Histogram,
}

/// How the loops get on.
pub(super) struct Work {
    pub(super) in_flight: Gauge,
    pub(super) unsettled_results: Gauge,
    pub(super) batch_size: Table<Histogram, 1>,
    pub(super) batch_duration: Table<Histogram, 1>,
    pub(super) queue_looks: Table<Counter, 1>,
    pub(super) leases_expired: Counter,
    pub(super) results_discarded: Counter,
    pub(super) swept: Table<Counter, 1>,
}

/// Why attempts were not made.
pub(super) struct Refusals {
    pub(super) by_guard: Table<Counter, 1>,
    pub(super) secret_failures: Table<Counter, 1>,
    pub(super) service_tokens: Table<Counter, 1>,
}

impl Http {
    pub(super) fn register(r: &mut Registry, routes: Vec<&'static str>) -> Self {
        Self {
            requests: Table::register(
                r,
                "kayle_http_requests",
                "Requests answered, by the pattern of their path and the class of their status",
                [
                    ("route", routes.clone()),
                    ("status", vec!["2xx", "3xx", "4xx", "5xx", NO_ANSWER]),
                ],
                Counter::default,
            ),
            durations: Table::register(
                r,
                "kayle_http_request_duration_seconds",
                "How long requests took to be answered",
                [("route", routes)],
                || Histogram::new(OF_A_REQUEST.iter().copied()),
            ),
            in_flight: single(
                r,
                "kayle_http_requests_in_flight",
                "Requests that are being answered",
                Gauge::default(),
            ),
        }
    }
}

impl Outcomes {
    pub(super) fn register(r: &mut Registry) -> Self {
        Self {
            reports: Table::register(
                r,
                "kayle_reports",
                "Reports of verifications, by their answer",
                [("outcome", names::<ReportAnswer>())],
                Counter::default,
            ),
            events: Table::register(
                r,
                "kayle_events",
                "Events written",
                [("event_type", names::<EventType>())],
                Counter::default,
            ),
            deliveries_created: Table::register(
                r,
                "kayle_deliveries_created",
                "Deliveries written, by the type of their event",
                [("event_type", names::<EventType>())],
                Counter::default,
            ),
            deliveries_ended: Table::register(
                r,
                "kayle_deliveries_ended",
                "Deliveries that ended, but for those whose endpoint was deleted",
                [("outcome", names::<DeliveryEnd>())],
                Counter::default,
            ),
            attempts: Table::register(
                r,
                "kayle_attempts",
                "Attempts written, by what came of them",
                [
                    ("outcome", attempt_outcomes()),
                    ("attempt", names::<AttemptTurn>()),
                ],
                Counter::default,
            ),
            attempt_duration: single(
                r,
                "kayle_attempt_duration_seconds",
                "How long the requests to endpoints took, from name resolution to the head of the \
                 answer",
                Histogram::new(OF_AN_ATTEMPT.iter().copied()),
            ),
            delivery_lag: Table::register(
                r,
                "kayle_delivery_lag_seconds",
                "How long after its due time a delivery's request began",
                [
                    ("attempt", names::<AttemptTurn>()),
                    ("waited_for", names::<WaitedFor>()),
                ],
                || Histogram::new(OF_A_LAG.iter().copied()),
            ),
            delivery_age: single(
                r,
                "kayle_delivery_age_seconds",
                "How old a delivery was when its endpoint accepted it",
                Histogram::new(OF_A_LAG.iter().copied()),
            ),
        }
    }
}

impl Work {
    pub(super) fn register(r: &mut Registry) -> Self {
        Self {
            in_flight: single(
                r,
                "kayle_in_flight",
                "Requests to endpoints that are under way",
                Gauge::default(),
            ),
            unsettled_results: single(
                r,
                "kayle_unsettled_results",
                "Results of attempts that wait to be written",
                Gauge::default(),
            ),
            batch_size: Table::register(
                r,
                "kayle_batch_size",
                "How many were dealt with at once",
                [("kind", names::<BatchKind>())],
                || Histogram::new(OF_A_SIZE.iter().copied()),
            ),
            batch_duration: Table::register(
                r,
                "kayle_batch_duration_seconds",
                "How long a batch took, its statements included",
                [("kind", names::<BatchKind>())],
                || Histogram::new(OF_A_BATCH.iter().copied()),
            ),
            queue_looks: Table::register(
                r,
                "kayle_queue_looks",
                "Looks at the queue, by whether a wake-up or the clock asked for it",
                [("reason", names::<LookReason>())],
                Counter::default,
            ),
            leases_expired: single(
                r,
                "kayle_leases_expired",
                "Leases that ran out and were taken over",
                Counter::default(),
            ),
            results_discarded: single(
                r,
                "kayle_results_discarded",
                "Results of attempts that came after their lease was lost",
                Counter::default(),
            ),
            swept: Table::register(
                r,
                "kayle_swept",
                "What the sweeper dealt with by age",
                [("what", names::<Swept>())],
                Counter::default,
            ),
        }
    }
}

impl Refusals {
    pub(super) fn register(r: &mut Registry) -> Self {
        Self {
            by_guard: Table::register(
                r,
                "kayle_guard_refusals",
                "Attempts that the policy for URLs and addresses refused",
                [("reason", guard_reasons())],
                Counter::default,
            ),
            secret_failures: Table::register(
                r,
                "kayle_secret_failures",
                "Signing secrets that could not be opened for an attempt",
                [("reason", names::<SecretFailure>())],
                Counter::default,
            ),
            service_tokens: Table::register(
                r,
                "kayle_service_tokens_verified",
                "Service tokens that were accepted, by the secret key that signed them",
                [("key", names::<SignedWith>())],
                Counter::default,
            ),
        }
    }
}

/// Registers a metric that is one series, and returns it.
fn single<M: Metric + Clone>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    metric: M,
) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// Returns what attempts are counted as. What the endpoint answered is told by its class.
fn attempt_outcomes() -> Vec<&'static str> {
    let reasons = names::<FailureReason>();
    let others = ["2xx", "3xx", "4xx", "5xx", "not_encrypted", "url_rejected"];
    others.into_iter().chain(reasons).collect()
}

fn guard_reasons() -> Vec<&'static str> {
    let blocked = FailureReason::BlockedAddress.as_str();
    names::<UrlRefusal>().into_iter().chain([blocked]).collect()
}
