use std::collections::BTreeSet;

use kayle_delivery::AttemptOutcome;

use super::table::names;
use super::*;

/// More routes than there are: the service may grow.
const ROUTES_MAX: usize = 65;
const SERIES_MAX: usize = 2_500;

fn metrics() -> Metrics {
    let known = kayle_api::route_patterns().collect::<BTreeSet<_>>();
    let more = (known.len()..ROUTES_MAX).map(|number| &*format!("/route/{number}").leak());
    Metrics::new(NodeRole::All, known.into_iter().chain(more))
}

/// The lines of the page that hold a number, without it.
fn series(metrics: &Metrics) -> BTreeSet<String> {
    let page = metrics.page();
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let series = lines.filter_map(|line| line.rsplit_once(' '));
    series.map(|(series, _)| series.to_owned()).collect()
}

fn value(metrics: &Metrics, series: &str) -> f64 {
    let page = metrics.page();
    let found = page.lines().find_map(|line| line.strip_prefix(series));
    let found = found.unwrap_or_else(|| panic!("{series} is not shown"));
    found.trim().parse().unwrap()
}

#[test]
fn a_node_has_few_series_however_many_routes_there_are() {
    let count = series(&metrics()).len();
    assert!(500 < count && count <= SERIES_MAX, "{count} series");
}

#[test]
fn all_series_are_there_before_anything_happens() {
    let metrics = metrics();
    metrics.expect_loop(Loop::Dispatch);
    let before = series(&metrics);
    metrics.request_began();
    metrics.request_ended(Some("/v1/sessions"), Some(201), Duration::from_millis(3));
    metrics.request_began();
    metrics.request_ended(Some("/a/path/of/a/stranger"), None, Duration::ZERO);
    metrics.report_answered(ReportAnswer::Unavailable);
    metrics.deliveries_ended(DeliveryEnd::Withdrawn, 2);
    metrics.url_refused(UrlRefusal::Port);
    metrics.secret_failed(SecretFailure::UnknownKey);
    metrics.batch_ended(BatchKind::Claim, 100_000, Duration::from_hours(1));
    metrics.loop_turned(Loop::Dispatch);
    metrics.loop_turned(Loop::Usage);
    metrics.swept(Swept::EventsDeleted, 500);
    metrics.queue_looked_at(LookReason::Poll);
    assert_eq!(series(&metrics), before);
}

#[test]
fn the_documentation_lists_every_metric() {
    let documented = include_str!("../../../../docs/operations.md");
    let metrics = metrics();
    gauges::show_a_reading(&metrics);
    let page = metrics.page();
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for described in types {
        let (name, kind) = described.split_once(' ').unwrap();
        let suffix = if kind == "counter" { "_total" } else { "" };
        let shown = format!("`{name}{suffix}`");
        assert!(documented.contains(&shown), "{shown} is missing");
    }
}

#[test]
fn the_documentation_names_no_metric_that_is_none() {
    let documented = include_str!("../../../../docs/operations.md");
    let metrics = metrics();
    gauges::show_a_reading(&metrics);
    let page = metrics.page();
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    // The rest only a running node has.
    let known: BTreeSet<&str> = types
        .filter_map(|described| described.split(' ').next())
        .chain([
            "kayle_clock_offset_seconds",
            "kayle_clock_steps",
            "kayle_log_lines",
            "kayle_loop_last_success_timestamp_seconds",
            "kayle_ready",
            "kayle_store_connections",
            "kayle_store_connections_max",
            "kayle_store_errors",
        ])
        .collect();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    for text in documented
        .split('`')
        .filter(|text| text.starts_with("kayle_"))
    {
        let name = text.split(|letter| !is_part(letter)).next().unwrap();
        let suffixes = ["", "_total", "_bucket", "_sum", "_count"];
        let is_known = suffixes
            .iter()
            .filter_map(|suffix| name.strip_suffix(suffix))
            .any(|base| known.contains(base));
        assert!(is_known, "{name} is no metric");
    }
}

#[test]
fn every_outcome_of_an_attempt_has_a_series() {
    let metrics = metrics();
    let outcomes = [200, 204, 302, 404, 500, 599].map(AttemptOutcome::from_status_code);
    let reasons = names::<FailureReason>().into_iter();
    let reasons = reasons.map(|reason| AttemptOutcome::NoAnswer(reason.parse().unwrap()));
    let others = [AttemptOutcome::NotEncrypted, AttemptOutcome::UrlRejected];
    for outcome in outcomes.into_iter().chain(reasons).chain(others) {
        let label = attempt_outcome(outcome);
        assert!(
            metrics.outcomes.attempts.at([label, "first"]).is_some(),
            "{label}"
        );
    }
}

#[test]
fn a_request_is_counted_by_its_route_and_the_class_of_its_status() {
    let metrics = metrics();
    metrics.request_began();
    metrics.request_began();
    metrics.request_ended(Some("/v1/sessions"), Some(409), Duration::from_millis(2));
    let answered = r#"kayle_http_requests_total{route="/v1/sessions",status="4xx"}"#;
    assert!((value(&metrics, answered) - 1.0).abs() < f64::EPSILON);
    let in_flight = value(&metrics, "kayle_http_requests_in_flight");
    assert!((in_flight - 1.0).abs() < f64::EPSILON);
}

#[test]
fn a_path_that_is_not_of_the_api_is_counted_as_unknown() {
    let metrics = metrics();
    metrics.request_ended(Some("/webhooks/pages"), Some(200), Duration::ZERO);
    metrics.request_ended(None, Some(200), Duration::ZERO);
    let unknown = r#"kayle_http_requests_total{route="unknown",status="2xx"}"#;
    assert!((value(&metrics, unknown) - 2.0).abs() < f64::EPSILON);
}

#[test]
fn a_loop_that_this_node_has_not_is_not_shown() {
    let metrics = metrics();
    metrics.loop_turned(Loop::Clock);
    assert!(!metrics.page().contains("loop=\"clock\""));
    assert_eq!(metrics.last_success_ago(Loop::Clock), None);
    metrics.expect_loop(Loop::Clock);
    assert!(metrics.page().contains("loop=\"clock\""));
}

#[test]
fn the_kernel_tells_what_the_process_uses() {
    let metrics = metrics();
    for series in [
        "process_start_time_seconds",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(0.0 <= value(&metrics, series), "{series}");
    }
    assert!(1e6 < value(&metrics, "process_resident_memory_bytes"));
}
