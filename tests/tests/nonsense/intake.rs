//! Bad reports.

use reqwest::Method;
use serde_json::{Value, json};

use super::cases::{Case, expect_refusals, expect_unharmed};
use super::everywhere::{bad_bodies, bad_ids};
use crate::support::report::{attempts_path, failure, success, success_with};
use crate::support::{Installation, text};

#[tokio::test]
async fn a_bad_report_is_refused_and_the_session_stays_as_it_was() {
    let mut installation = Installation::start(&[]).await;
    let asked = json!({ "required": true, "reason": "Because" });
    let wishes = json!({ "share_fields": { "family_name": asked, "age_over_18": asked } });
    let session = installation.open_session(&wishes).await;
    let session_id = text(&session, "/id");
    let path = attempts_path(session_id);

    let mut cases = bad_bodies(&path);
    for (report, named) in bad_reports() {
        cases.push(Case::post(&path, report).names(named));
    }
    for (report, named) in bad_claims() {
        cases.push(
            Case::post(&path, report)
                .is(400, "INVALID_CLAIMS")
                .names(named),
        );
    }
    let unknown = format!("vs_{}", "0".repeat(64));
    let sessions = "/internal/v1/sessions/";
    cases.extend(bad_ids(&Method::POST, sessions, "/begin", "BAD_REQUEST"));
    cases.push(Case::post_empty(format!("{sessions}vs_short/begin")));
    let begin = format!("{sessions}{unknown}/begin");
    cases.push(Case::post_empty(begin).is(404, "NOT_FOUND"));
    cases.push(Case::post(attempts_path("vs_short"), success()));
    cases.push(Case::post(attempts_path("a.b"), success()));
    cases.push(Case::post(attempts_path(&unknown), success()).is(404, "NOT_FOUND"));

    expect_refusals(&installation.intake, cases).await;
    let path = format!("/v1/sessions/{session_id}");
    assert_eq!(
        installation.api().get(&path).await.data()["status"],
        "created"
    );
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await,
        [] as [Value; 0]
    );
    expect_unharmed(&mut installation).await;
}

fn bad_reports() -> Vec<(Value, &'static str)> {
    let with = |mut report: Value, member: &str, value: Value| {
        report[member] = value;
        report
    };
    let without = |mut report: Value, member: &str| {
        report
            .as_object_mut()
            .expect("a report is an object")
            .remove(member);
        report
    };
    let failed = || failure("liveness_failed");
    vec![
        (json!({}), "outcome"),
        (without(success(), "outcome"), "outcome"),
        (with(success(), "outcome", json!("perhaps")), "outcome"),
        (with(success(), "outcome", json!(null)), "outcome"),
        (without(failed(), "failure_code"), "failure_code"),
        (
            with(failed(), "failure_code", json!("bad_luck")),
            "failure_code",
        ),
        (with(failed(), "failure_code", json!(7)), "failure_code"),
        (without(success(), "claims"), "claims"),
        (with(success(), "claims", json!([])), "claims"),
        (with(success(), "claims", json!("none")), "claims"),
        (
            without(success(), "selected_field_keys"),
            "selected_field_keys",
        ),
        (
            with(success(), "selected_field_keys", json!("all")),
            "selected_field_keys",
        ),
        (
            with(success(), "selected_field_keys", json!([1])),
            "selected_field_keys",
        ),
        (
            with(failed(), "attempt_id", json!("va_short")),
            "attempt_id",
        ),
        (with(failed(), "attempt_id", json!(7)), "attempt_id"),
        (
            with(failed(), "attempt_id", json!(format!("vb_{:026}", 1))),
            "attempt_id",
        ),
    ]
}

fn bad_claims() -> Vec<(Value, &'static str)> {
    let claims = json!({ "age_over_18": true, "family_name": "Curie", "kayle_document_id": "k" });
    let with = |key: &str, value: Value| {
        let mut claims = claims.clone();
        claims[key] = value;
        success_with(&claims)
    };
    let without = |key: &str| {
        let mut claims = claims.clone();
        claims
            .as_object_mut()
            .expect("claims are an object")
            .remove(key);
        success_with(&claims)
    };
    let selecting = |keys: Value| {
        let mut report = success_with(&claims);
        report["selected_field_keys"] = keys;
        report
    };
    vec![
        (success_with(&json!({})), ""),
        (without("family_name"), "family_name"),
        (without("kayle_document_id"), "kayle_document_id"),
        (with("given_names", json!("Marie")), "given_names"),
        (with("shoe_size", json!("38")), "shoe_size"),
        (with("age_over_21", json!(true)), "age_over_21"),
        (with("age_over_18", json!("true")), "age_over_18"),
        (with("family_name", json!(true)), "family_name"),
        (with("family_name", json!(7)), "family_name"),
        (with("family_name", json!({ "a": 1 })), "family_name"),
        (selecting(json!([])), ""),
        (
            selecting(json!(["age_over_18", "family_name"])),
            "kayle_document_id",
        ),
        (
            selecting(json!([
                "age_over_18",
                "family_name",
                "given_names",
                "kayle_document_id"
            ])),
            "given_names",
        ),
    ]
}

#[tokio::test]
async fn a_session_that_has_ended_takes_no_report() {
    let installation = Installation::start(&[]).await;
    let session_id = installation.session_id().await;
    installation.report(&session_id, &success()).await.data();

    let again = installation
        .report(&session_id, &failure("liveness_failed"))
        .await;
    again.expect_refusal(409, "CONFLICT");
    let begin = format!("/internal/v1/sessions/{session_id}/begin");
    installation
        .intake
        .post_empty(&begin)
        .await
        .expect_refusal(409, "CONFLICT");
}
