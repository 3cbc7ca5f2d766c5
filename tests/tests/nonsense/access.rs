//! Who may not, and paths that are not.

use reqwest::Method;
use serde_json::json;

use super::cases::{Case, expect_refusals};
use crate::support::api::send;
use crate::support::installation::api_key;
use crate::support::{Api, Installation};

/// Every operation of customers, with ids that need not exist.
const CUSTOMERS: [(&str, &str); 21] = [
    ("POST", "/v1/webhooks/endpoints"),
    ("GET", "/v1/webhooks/endpoints"),
    ("GET", "/v1/webhooks/endpoints/whe_1"),
    ("POST", "/v1/webhooks/endpoints/whe_1/signing-secret/reveal"),
    ("POST", "/v1/webhooks/endpoints/whe_1/keys"),
    ("GET", "/v1/webhooks/endpoints/whe_1/keys"),
    ("GET", "/v1/webhooks/deliveries"),
    ("GET", "/v1/webhooks/deliveries/whd_1"),
    ("POST", "/v1/webhooks/deliveries/whd_1/retry"),
    ("GET", "/v1/webhooks/events"),
    ("GET", "/v1/webhooks/events/evt_1"),
    ("POST", "/v1/webhooks/events/evt_1/replay"),
    ("GET", "/v1/events"),
    ("GET", "/v1/events/evt_1"),
    ("POST", "/v1/events/evt_1/replay"),
    ("POST", "/v1/sessions"),
    ("GET", "/v1/sessions"),
    ("GET", "/v1/sessions/vs_1"),
    ("POST", "/v1/sessions/vs_1/cancel"),
    ("GET", "/v1/nowhere"),
    ("PATCH", "/v1"),
];

/// Every operation of Kayle's own services.
const INTAKE: [(&str, &str); 3] = [
    ("POST", "/internal/v1/sessions/vs_1/begin"),
    ("POST", "/internal/v1/sessions/vs_1/attempts"),
    ("GET", "/internal/v1/nowhere"),
];

fn method(name: &str) -> Method {
    name.parse().expect("a test names a real method")
}

#[tokio::test]
async fn nothing_works_without_the_right_credential() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let key = "kk_00000000000000000000000000000000";
    let credentials = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("bearer {key}")),
        Some(format!("Basic {key}")),
        Some(format!("Bearer {key}")),
        Some("Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJrYXlsZS1pbnRlcm5hbCJ9.".to_owned()),
        Some(format!("Bearer {}", "x".repeat(5000))),
    ];
    for (name, path) in CUSTOMERS.into_iter().chain(INTAKE) {
        for credential in &credentials {
            let mut request = api.anonymous(method(name), path);
            if let Some(credential) = credential {
                request = request.header("authorization", credential);
            }
            let answer = send(request).await;
            answer.expect_refusal(401, "UNAUTHORIZED");
        }
    }
}

#[tokio::test]
async fn the_two_kinds_of_callers_do_not_meet() {
    let installation = Installation::start(&[]).await;
    for (name, path) in CUSTOMERS {
        let answer = send(installation.intake.request(method(name), path)).await;
        answer.expect_refusal(401, "UNAUTHORIZED");
    }
    for (name, path) in INTAKE {
        let answer = send(installation.api().request(method(name), path)).await;
        answer.expect_refusal(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let installation = Installation::start(&[]).await;
    let service = &installation.service;
    let caller = async |scope: &str| {
        let key = api_key(service, &installation.organization.id, &[scope]).await;
        Api::new(service.url(), &key)
    };
    let webhooks_reader = caller("webhooks:read").await;
    let sessions_reader = caller("sessions:read").await;
    let analyst = caller("analytics:read").await;

    webhooks_reader.get("/v1/webhooks/endpoints").await.data();
    sessions_reader.get("/v1/sessions").await.data();
    for (name, path) in CUSTOMERS {
        let is_known = !["/v1/nowhere", "/v1"].contains(&path);
        let is_of_sessions = path.starts_with("/v1/sessions");
        let refused = match (is_known, is_of_sessions, name) {
            (false, _, _) => vec![],
            (true, true, "GET") => vec![&webhooks_reader, &analyst],
            (true, false, "GET") => vec![&sessions_reader, &analyst],
            _ => vec![&webhooks_reader, &sessions_reader, &analyst],
        };
        for caller in refused {
            let answer = send(caller.request(method(name), path).json(&json!({}))).await;
            answer.expect_refusal(403, "FORBIDDEN");
        }
    }
}

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let installation = Installation::start(&[]).await;
    let mut cases = Vec::new();
    for path in [
        "/v1/nowhere",
        "/v1",
        "/v1/",
        "/v1/webhooks",
        "/v1/webhooks/endpoints/",
        "/v1//webhooks/endpoints",
        "/v1/webhooks/endpoints/whe_1/",
        "/v1/webhooks/endpoints/whe_1/keys/",
        "/v1/webhooks/deliveries/whd_1/retry/",
        "/v1/sessions/",
        "/v2/sessions",
        "/V1/sessions",
        "/nowhere",
        "/.git/config",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        for name in ["GET", "POST", "DELETE"] {
            cases.push(Case::get(path).by(method(name)).is(404, "NOT_FOUND"));
        }
    }
    for (name, path) in [
        ("PUT", "/v1/webhooks/endpoints"),
        ("DELETE", "/v1/webhooks/endpoints"),
        ("POST", "/v1/webhooks/endpoints/whe_1"),
        ("GET", "/v1/webhooks/endpoints/whe_1/signing-secret/reveal"),
        ("DELETE", "/v1/webhooks/deliveries"),
        ("GET", "/v1/webhooks/deliveries/whd_1/retry"),
        ("POST", "/v1/webhooks/events"),
        ("GET", "/v1/webhooks/events/evt_1/replay"),
        ("PATCH", "/v1/sessions"),
        ("GET", "/v1/sessions/vs_1/cancel"),
        ("TRACE", "/v1/sessions"),
        ("BREW", "/v1/sessions"),
    ] {
        cases.push(Case::get(path).by(method(name)).is(404, "NOT_FOUND"));
    }
    expect_refusals(installation.api(), cases).await;

    let wrong = Case::get("/internal/v1/sessions/vs_1/begin").is(404, "NOT_FOUND");
    let slash = Case::post_empty("/internal/v1/sessions/vs_1/begin/").is(404, "NOT_FOUND");
    let nowhere = Case::get("/internal/v1/nowhere").is(404, "NOT_FOUND");
    expect_refusals(&installation.intake, vec![wrong, slash, nowhere]).await;
}
