//! Bad input for deliveries and events.

use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use serde_json::json;

use super::cases::{Case, expect_empty_page, expect_refusals, expect_unharmed};
use super::everywhere::{bad_ids, bad_pages};
use crate::support::{Customer, Installation};

const DELIVERIES: &str = "/v1/webhooks/deliveries";

#[tokio::test]
async fn a_bad_question_about_deliveries_is_refused() {
    let mut installation = Installation::start(&[]).await;
    Customer::register(installation.api(), Behaviour::good()).await;
    installation.deliver_success().await;
    let mut cases = bad_pages(DELIVERIES);
    for status in ["", "done", "SUCCEEDED", "pending,failed", "held"] {
        cases.push(Case::get(format!("{DELIVERIES}?status={status}")).names("status"));
    }
    for id in ["", "a.b", "a%2Fb", "%00"] {
        cases.push(Case::get(format!("{DELIVERIES}?endpoint_id={id}")).names("endpoint_id"));
        cases.push(Case::get(format!("{DELIVERIES}?event_id={id}")).names("event_id"));
    }
    cases.push(Case::get(format!("{DELIVERIES}?event_id=a&event_id=a")).names("event_id"));
    let cursor = format!("{DELIVERIES}?starting_after=whd_unknown");
    cases.push(Case::get(cursor).is(400, "INVALID_REQUEST"));
    let before = format!("{DELIVERIES}/");
    cases.extend(bad_ids(&Method::GET, &before, "", "BAD_REQUEST"));
    cases.extend(bad_ids(&Method::POST, &before, "/retry", "BAD_REQUEST"));
    cases.push(Case::get(format!("{DELIVERIES}/whd_unknown")).is(404, "NOT_FOUND"));
    cases.push(Case::post_empty(format!("{DELIVERIES}/whd_unknown/retry")).is(404, "NOT_FOUND"));

    expect_refusals(installation.api(), cases).await;
    expect_empty_page(
        installation.api(),
        &format!("{DELIVERIES}?status=x&limit=3"),
        3,
    )
    .await;
    for filter in ["endpoint_id=whe_unknown", "event_id=x", "status=failed"] {
        let found = installation
            .api()
            .get(&format!("{DELIVERIES}?{filter}"))
            .await;
        assert_eq!(found.data(), json!([]), "{filter}");
    }
    expect_unharmed(&mut installation).await;
}

#[tokio::test]
async fn a_bad_question_about_events_is_refused_under_both_paths() {
    let mut installation = Installation::start(&[]).await;
    Customer::register(installation.api(), Behaviour::good()).await;
    installation.deliver_success().await;
    for events in ["/v1/webhooks/events", "/v1/events"] {
        let mut cases = bad_pages(events);
        for event_type in [
            "",
            "x",
            "verification.session.%2A",
            "Verification.session.failed",
        ] {
            cases.push(Case::get(format!("{events}?type={event_type}")).names("type"));
        }
        for time in [
            "",
            "yesterday",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00%2B00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "1777978800000",
            "99999-01-01T00:00:00Z",
            "%00",
        ] {
            for bound in ["created_from", "created_to"] {
                cases.push(Case::get(format!("{events}?{bound}={time}")).names(bound));
            }
        }
        let cursor = format!("{events}?starting_after=evt_unknown");
        cases.push(Case::get(cursor).is(400, "INVALID_REQUEST"));
        let before = format!("{events}/");
        cases.extend(bad_ids(&Method::GET, &before, "", "BAD_REQUEST"));
        cases.extend(bad_ids(&Method::POST, &before, "/replay", "BAD_REQUEST"));
        cases.push(Case::get(format!("{events}/evt_unknown")).is(404, "NOT_FOUND"));
        cases.push(Case::post_empty(format!("{events}/evt_unknown/replay")).is(404, "NOT_FOUND"));

        expect_refusals(installation.api(), cases).await;
        expect_empty_page(installation.api(), &format!("{events}?type=x"), 10).await;
        for (bounds, found) in [
            ("created_from=2020-01-01T00:00Z", 1),
            ("created_to=2020-01-01T00:00:00.123456789Z", 0),
            ("type=verification.attempt.failed", 0),
        ] {
            let listed = installation
                .api()
                .get(&format!("{events}?{bounds}"))
                .await
                .data();
            assert_eq!(listed.as_array().map(Vec::len), Some(found), "{bounds}");
        }
    }
    expect_unharmed(&mut installation).await;
}
