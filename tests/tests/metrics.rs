//! What operators read: the numbers agree with the database, and name nobody.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::database::count;
use crate::support::report::{failure, success};
use crate::support::{Customer, Installation, eventually, text};

const SETTINGS: [(&str, &str); 1] = [("KAYLE_METRICS_LISTEN", "127.0.0.1:0")];

/// A page of numbers.
struct Page(String);

impl Page {
    async fn of(installation: &Installation) -> Self {
        Self(operators(installation, "/metrics").await.1)
    }

    /// Returns the sum of all series of a metric whose labels hold this text.
    fn sum(&self, metric: &str, label: &str) -> f64 {
        let lines = self.0.lines();
        let series = lines.filter(|line| line.starts_with(metric) && line.contains(label));
        let values = series.filter_map(|line| line.rsplit_once(' '));
        values
            .map(|(_, value)| value.parse::<f64>().expect("a value is a number"))
            .sum()
    }

    fn series_count(&self) -> usize {
        let lines = self.0.lines();
        lines.filter(|line| !line.starts_with('#')).count()
    }
}

/// Returns the status and the body of a page for operators.
async fn operators(installation: &Installation, path: &str) -> (u16, String) {
    let base = installation.service.metrics_url();
    let answer = reqwest::get(format!("{base}{path}")).await;
    let answer = answer.expect("the page is served");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("the page is text"))
}

#[tokio::test]
async fn the_numbers_agree_with_the_database() {
    let installation = Installation::start(&SETTINGS).await;
    let api = installation.api();
    let flaky = Behaviour::script([Reaction::Status(500), Reaction::HangUp]);
    let _good = Customer::register(api, Behaviour::good()).await;
    let _flaky = Customer::register(api, flaky).await;
    let _bad = Customer::register(api, Behaviour::always(Reaction::Status(404))).await;
    let keyless = json!({ "retry_schedule": "short" });
    let _keyless = Customer::without_key(api, Behaviour::good(), keyless).await;
    for report in [success(), failure("liveness_failed"), success()] {
        let session_id = installation.session_id().await;
        installation.report(&session_id, &report).await;
    }
    let unknown = installation.report("vs_doesnotexist", &success()).await;
    assert_ne!(unknown.status, 200);

    let database = installation.service.database();
    eventually("all deliveries have ended", async || {
        let open = "deliveries WHERE state NOT IN ('succeeded', 'failed')";
        (count(database, open).await == 0).then_some(())
    })
    .await;
    let page = Page::of(&installation).await;
    for (metric, label, sql) in [
        ("kayle_events_total", "", "events"),
        ("kayle_deliveries_created_total", "", "deliveries"),
        ("kayle_attempts_total", "", "delivery_attempts"),
        (
            "kayle_attempts_total",
            "outcome=\"5xx\"",
            "delivery_attempts WHERE status_code BETWEEN 500 AND 599",
        ),
        (
            "kayle_attempts_total",
            "outcome=\"connect\"",
            "delivery_attempts WHERE failure_reason = 'connect'",
        ),
        (
            "kayle_deliveries_ended_total",
            "outcome=\"delivered\"",
            "deliveries WHERE state = 'succeeded'",
        ),
        (
            "kayle_delivery_age_seconds_count",
            "",
            "deliveries WHERE state = 'succeeded'",
        ),
        (
            "kayle_deliveries_ended_total",
            "",
            "deliveries WHERE state IN ('succeeded', 'failed')",
        ),
        (
            "kayle_deliveries_ended_total",
            "outcome=\"unsendable\"",
            "deliveries WHERE encryption_key_id IS NULL",
        ),
    ] {
        let expected = count(database, sql).await;
        assert!(0 < expected, "the run has none of {metric} {label}");
        let shown = page.sum(metric, label);
        assert!(
            is(shown, expected),
            "{metric} {label}: {shown}, not {expected}"
        );
    }
    assert!(is(
        page.sum("kayle_reports_total", "outcome=\"accepted\""),
        3
    ));
    assert!(is(page.sum("kayle_in_flight", ""), 0));
}

fn is(shown: f64, expected: u64) -> bool {
    (shown - f64::from(u32::try_from(expected).expect("few"))).abs() < 0.5
}

#[tokio::test]
async fn the_number_of_series_does_not_depend_on_customers() {
    let installation = Installation::start(&SETTINGS).await;
    let before = Page::of(&installation).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    api.get("/v1/a/path/that/nobody/knows").await;
    let after = Page::of(&installation).await;
    assert_eq!(after.series_count(), before.series_count());
    assert!(after.series_count() <= 2_500);
    let organization_id = &installation.organization.id;
    for told in [
        &customer.endpoint_id,
        &delivery_id,
        organization_id,
        "nobody",
    ] {
        assert!(!after.0.contains(told), "{told} is on the page");
    }
    assert!(after.0.ends_with("# EOF\n"));
}

#[tokio::test]
async fn what_only_the_database_knows_is_read_in_the_background() {
    let installation = Installation::start(&SETTINGS).await;
    let page = eventually("the gauges are read", async || {
        let page = Page::of(&installation).await;
        let read_at = page.sum("kayle_gauges_read_timestamp_seconds", "");
        (0.0 < read_at).then_some(page)
    })
    .await;
    assert!(
        page.0
            .contains("kayle_oldest_due_age_seconds{endpoint=\"with_room\"} 0")
    );
    assert!(is(page.sum("kayle_payloads_overdue", ""), 0));
}

#[tokio::test]
async fn operators_see_every_check() {
    let installation = Installation::start(&SETTINGS).await;
    let (status, health) = operators(&installation, "/health").await;
    let health: Value = serde_json::from_str(&health).expect("it is JSON");
    assert_eq!(
        (status, text(&health, "/status")),
        (200, "ready"),
        "{health}"
    );
    let checks = health["checks"].as_array().expect("there are checks");
    let names: Vec<&str> = checks.iter().map(|check| text(check, "/check")).collect();
    for expected in ["store_write", "dispatch", "leases", "stopping"] {
        assert!(names.contains(&expected), "{names:?}");
    }
    assert!(checks.iter().all(|check| check["ok"] == true), "{health}");
}

#[tokio::test]
async fn an_operator_is_told_why_a_delivery_is_where_it_is() {
    let installation = Installation::start(&[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    let explained = installation.service.admin(&["explain", &delivery_id]).await;
    assert_eq!(text(&explained, "/explanation/code"), "delivered");
    assert_eq!(explained["attempts"], 1);
    let unknown = installation
        .service
        .try_admin(&["explain", "whd_nobody"])
        .await;
    assert_eq!(unknown.status.code(), Some(1));
}

#[tokio::test]
async fn customers_are_not_shown_what_operators_are() {
    let installation = Installation::start(&SETTINGS).await;
    let answer = installation.api().get("/metrics").await;
    assert_eq!(answer.status, 404);
}
