//! Bad input for sessions.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::cases::{Case, expect_empty_page, expect_refusals, expect_unharmed};
use super::everywhere::{bad_bodies, bad_ids, bad_pages};
use crate::support::Installation;

const SESSIONS: &str = "/v1/sessions";

#[tokio::test]
async fn a_bad_session_is_refused_with_the_code_of_what_is_wrong() {
    let mut installation = Installation::start(&[]).await;
    let mut cases = bad_bodies(SESSIONS);
    // The body is optional; an empty one of the right type is none.
    cases.retain(|case| !case.has_no_body());
    for (value, code) in [
        (json!("http://example.com/"), "INVALID_REDIRECT_URL"),
        (json!("nowhere"), "INVALID_REDIRECT_URL"),
        (json!(""), "INVALID_REDIRECT_URL"),
        (json!("javascript:alert(1)"), "INVALID_REDIRECT_URL"),
        (json!(7), "INVALID_REDIRECT_URL"),
    ] {
        cases.push(Case::post(SESSIONS, json!({ "redirect_url": value })).is(400, code));
    }
    for (fields, code) in bad_share_fields() {
        cases.push(Case::post(SESSIONS, json!({ "share_fields": fields })).is(400, code));
    }
    let many: Vec<_> = (0..26).map(|number| format!("whe_{number}")).collect();
    for target in [
        json!([]),
        json!(many),
        json!(7),
        json!([7]),
        json!("a.b"),
        json!({}),
        json!(""),
    ] {
        let body = json!({ "webhook_endpoint_id": target });
        cases.push(Case::post(SESSIONS, body).names("webhook_endpoint_id"));
    }
    for target in [json!("whe_unknown"), json!(["whe_unknown"])] {
        let body = json!({ "webhook_endpoint_id": target });
        cases.push(Case::post(SESSIONS, body).is(400, "WEBHOOK_ENDPOINT_UNAVAILABLE"));
    }

    expect_refusals(installation.api(), cases).await;
    assert_eq!(
        installation.api().list(SESSIONS).await,
        [] as [Value; 0],
        "nothing was made"
    );
    expect_unharmed(&mut installation).await;
}

fn bad_share_fields() -> Vec<(Value, &'static str)> {
    let asked = json!({ "required": true, "reason": "Because" });
    let many: Map<String, Value> = (12..45)
        .map(|age| (format!("age_over_{age}"), asked.clone()))
        .collect();
    let with_reason =
        |reason: Value| json!({ "family_name": { "required": true, "reason": reason } });
    vec![
        (json!(["family_name"]), "INVALID_SHARE_FIELDS"),
        (json!("family_name"), "INVALID_SHARE_FIELDS"),
        (json!({ "family_name": true }), "INVALID_SHARE_FIELDS"),
        (
            json!({ "family_name": { "reason": "x" } }),
            "INVALID_SHARE_FIELDS",
        ),
        (
            json!({ "family_name": { "required": "yes", "reason": "x" } }),
            "INVALID_SHARE_FIELDS",
        ),
        (with_reason(json!(7)), "INVALID_SHARE_FIELDS"),
        (
            json!({ "family_name": { "required": true } }),
            "REASON_REQUIRED",
        ),
        (with_reason(json!("")), "REASON_REQUIRED"),
        (with_reason(json!("  ")), "REASON_REQUIRED"),
        (with_reason(json!("x".repeat(201))), "REASON_TOO_LONG"),
        (json!({ "shoe_size": asked }), "UNKNOWN_CLAIM_KEY"),
        (json!({ "": asked }), "UNKNOWN_CLAIM_KEY"),
        (json!({ "age_over_11": asked }), "INVALID_AGE_GATE_KEY"),
        (json!({ "age_over_131": asked }), "INVALID_AGE_GATE_KEY"),
        (json!({ "age_over_x": asked }), "INVALID_AGE_GATE_KEY"),
        (
            json!({ "age_over_18": asked, "age_over_21": asked }),
            "MULTIPLE_AGE_GATES_NOT_ALLOWED",
        ),
        (json!(many), "TOO_MANY_SHARE_FIELDS"),
    ]
}

#[tokio::test]
async fn a_bad_question_about_sessions_is_refused() {
    let mut installation = Installation::start(&[]).await;
    let mut cases = bad_pages(SESSIONS);
    for cursor in ["vs_short", "x", "va_00000000000000000000000000"] {
        let path = format!("{SESSIONS}?starting_after={cursor}");
        cases.push(Case::get(path).names("starting_after"));
    }
    for status in ["", "done", "CREATED"] {
        cases.push(Case::get(format!("{SESSIONS}?status={status}")).names("status"));
    }
    for bound in ["created_from", "created_to"] {
        for time in ["", "2026-01-01", "2026-01-01T00:00:00-01:00"] {
            cases.push(Case::get(format!("{SESSIONS}?{bound}={time}")).names(bound));
        }
    }
    let before = format!("{SESSIONS}/");
    for (method, after) in [(Method::GET, ""), (Method::POST, "/cancel")] {
        cases.extend(bad_ids(&method, &before, after, "BAD_REQUEST"));
        let short = format!("{SESSIONS}/vs_short{after}");
        cases.push(Case::get(short).by(method.clone()));
        let unknown = format!("{SESSIONS}/vs_{}{after}", "0".repeat(64));
        cases.push(Case::get(unknown).by(method).is(404, "NOT_FOUND"));
    }

    expect_refusals(installation.api(), cases).await;
    expect_empty_page(
        installation.api(),
        &format!("{SESSIONS}?status=x&limit=100"),
        100,
    )
    .await;
    expect_unharmed(&mut installation).await;
}
