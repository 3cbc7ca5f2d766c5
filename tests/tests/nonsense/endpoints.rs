//! Bad input for endpoints and their secrets.

use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};

use super::cases::{Case, expect_empty_page, expect_refusals, expect_unharmed};
use super::everywhere::{bad_bodies, bad_ids, bad_pages};
use crate::support::{Customer, Installation};

const ENDPOINTS: &str = "/v1/webhooks/endpoints";

#[tokio::test]
async fn a_bad_endpoint_is_refused_and_its_bad_member_named() {
    let mut installation = Installation::start(&[]).await;
    let mut cases = bad_bodies(ENDPOINTS);
    cases.push(Case::post(ENDPOINTS, json!({})).names("url"));
    for url in [
        json!(null),
        json!(7),
        json!([]),
        json!(format!("https://example.com/{}", "a".repeat(2048))),
    ] {
        cases.push(Case::post(ENDPOINTS, json!({ "url": url })).names("url"));
    }
    cases.extend(bad_members());
    cases.extend(refused_urls());

    expect_refusals(installation.api(), cases).await;
    assert_eq!(
        installation.api().list(ENDPOINTS).await,
        [] as [Value; 0],
        "nothing was made"
    );
    expect_unharmed(&mut installation).await;
}

fn bad_members() -> Vec<Case> {
    let long = "x".repeat(121);
    let table: [(&str, Vec<Value>); 6] = [
        (
            "name",
            vec![json!(""), json!("  "), json!(long), json!(5), json!(["a"])],
        ),
        (
            "labels",
            vec![
                json!("a"),
                json!({}),
                json!([1]),
                json!([null]),
                json!([""]),
                json!([" "]),
                json!(["x".repeat(41)]),
                json!(["a", " A "]),
                json!(["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
            ],
        ),
        ("enabled", vec![json!("true"), json!(1), json!({})]),
        (
            "subscribed_event_types",
            vec![
                json!("verification.session.failed"),
                json!(["verification.session.done"]),
                json!(["VERIFICATION.SESSION.FAILED"]),
                json!([1]),
                json!([null]),
            ],
        ),
        (
            "undelivered_payload_retention_hours",
            vec![
                json!(1),
                json!(-24),
                json!(72.5),
                json!("72"),
                json!(true),
                json!(1e300),
            ],
        ),
        (
            "retry_schedule",
            vec![json!("long"), json!(""), json!(1), json!([])],
        ),
    ];
    let cases = table.into_iter().flat_map(|(member, values)| {
        values.into_iter().map(move |value| {
            let mut body = json!({ "url": "https://example.com/hook" });
            body[member] = value;
            Case::post(ENDPOINTS, body).names(member)
        })
    });
    cases.collect()
}

fn refused_urls() -> Vec<Case> {
    let urls = [
        "",
        "nowhere",
        "//example.com/",
        "https://",
        "https://999.1.1.1/",
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://user:password@example.com/",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "https://8.8.8.8/",
        "https://2130706434/",
        "https://0x7f.0x2/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://intranet/",
        "https://db.internal/",
        "https://printer.local./",
        "https://a.LOCALHOST/",
    ];
    let refused = urls
        .into_iter()
        .map(|url| Case::post(ENDPOINTS, json!({ "url": url })).is(400, "WEBHOOK_URL_REJECTED"));
    refused.collect()
}

#[tokio::test]
async fn a_bad_question_about_endpoints_is_refused() {
    let mut installation = Installation::start(&[]).await;
    Customer::register(installation.api(), Behaviour::good()).await;
    let mut cases = bad_pages(ENDPOINTS);
    for enabled in ["", "TRUE", "1", "yes", "%00"] {
        cases.push(Case::get(format!("{ENDPOINTS}?enabled={enabled}")).names("enabled"));
    }
    cases.push(Case::get(format!("{ENDPOINTS}?enabled=true&enabled=true")).names("enabled"));
    let cursor = format!("{ENDPOINTS}?starting_after=whe_unknown");
    cases.push(Case::get(cursor).is(400, "INVALID_REQUEST"));
    let before = format!("{ENDPOINTS}/");
    let reveal = "/signing-secret/reveal";
    cases.extend(bad_ids(&Method::GET, &before, "", "BAD_REQUEST"));
    cases.extend(bad_ids(&Method::POST, &before, reveal, "BAD_REQUEST"));
    cases.push(Case::get(format!("{ENDPOINTS}/whe_unknown")).is(404, "NOT_FOUND"));
    cases.push(Case::get(format!("{ENDPOINTS}/x")).is(404, "NOT_FOUND"));
    cases.push(Case::post_empty(format!("{ENDPOINTS}/whe_unknown{reveal}")).is(404, "NOT_FOUND"));

    expect_refusals(installation.api(), cases).await;
    expect_empty_page(
        installation.api(),
        &format!("{ENDPOINTS}?enabled=1&limit=7"),
        7,
    )
    .await;
    expect_empty_page(installation.api(), &format!("{ENDPOINTS}?limit=0"), 10).await;
    expect_unharmed(&mut installation).await;
}

#[tokio::test]
async fn unknown_members_are_ignored_and_texts_are_trimmed() {
    let installation = Installation::start(&[]).await;
    let endpoint = json!({
        "url": "https://Example.com:8443/a b?c=d#e",
        "name": "  Main  ",
        "labels": [" a ", "B"],
        "signing_secret": "mine",
        "id": "whe_mine",
        "subscribed_event_types": ["verification.session.failed", "verification.session.failed"],
        "retry_schedule": "standard",
    });

    let created = installation.api().post(ENDPOINTS, &endpoint).await.data()["endpoint"].take();

    assert_eq!(created["url"], endpoint["url"], "as submitted");
    assert_eq!(created["name"], "Main");
    assert_eq!(created["labels"], json!(["a", "B"]));
    assert_eq!(
        created["subscribed_event_types"],
        json!(["verification.session.failed"])
    );
    assert_ne!(created["id"], "whe_mine");
    assert_eq!(created["undelivered_payload_retention_hours"], 72);
    assert_eq!(created["disabled_at"], Value::Null);
    let listed = installation.api().list(ENDPOINTS).await;
    assert_eq!(listed, [created]);
}
