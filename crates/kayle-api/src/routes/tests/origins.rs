//! Changes that come with a cookie come from our own pages.

use actix_web::http::header;

use super::{administration, customer_operations};
use crate::testing::{DASHBOARD, TestApi, request, with_session};

/// A change that an owner may make; it is refused later, as an unknown id.
const PATH: &str = "/v1/webhooks/endpoints/whe_x/signing-secret/reveal";

async fn status(test: &TestApi, headers: &[(header::HeaderName, &str)]) -> u16 {
    let session = test.session_token("owner");
    let asked = headers.iter().fold(
        with_session(request("POST", PATH), &session),
        |asked, (name, value)| asked.insert_header((name.clone(), *value)),
    );
    test.call(asked).await.status.as_u16()
}

#[actix_web::test]
async fn every_change_with_a_cookie_says_where_it_comes_from() {
    let test = TestApi::new().await;
    let session = test.session_token("owner");
    let shared = customer_operations()
        .into_iter()
        .map(|(method, path, _)| (method, path));
    for (method, path) in shared.into_iter().chain(administration()) {
        let answer = test
            .call(with_session(request(method, path), &session))
            .await;
        let reads = ["GET", "HEAD"].contains(&method);
        let refused = answer.status == 403;
        assert_eq!(refused, !reads, "{method} {path}: {}", answer.message());
    }
}

#[actix_web::test]
async fn a_change_comes_from_the_dashboard_or_from_the_service() {
    let test = TestApi::new().await;
    for (origin, expected) in [
        (DASHBOARD, 404),
        ("http://127.0.0.1:8787", 404),
        ("http://localhost:8080", 403),
        ("https://evil.example", 403),
        ("http://dashboard.example", 403),
        ("https://dashboard.example:8443", 403),
        ("https://dashboard.example.evil.example", 403),
        ("https://evil.example/https://dashboard.example", 403),
        ("null", 403),
        ("", 403),
    ] {
        let found = status(&test, &[(header::ORIGIN, origin)]).await;
        assert_eq!(found, expected, "{origin:?}");
    }
}

#[actix_web::test]
async fn the_referer_counts_only_without_an_origin() {
    let test = TestApi::new().await;
    let dashboard = "https://dashboard.example/webhooks?tab=events";
    let evil = "https://evil.example/?https://dashboard.example/";
    for (headers, expected) in [
        (vec![(header::REFERER, dashboard)], 404),
        (vec![(header::REFERER, evil)], 403),
        (vec![(header::REFERER, "dashboard.example")], 403),
        (
            vec![(header::ORIGIN, "null"), (header::REFERER, dashboard)],
            403,
        ),
        (
            vec![(header::ORIGIN, DASHBOARD), (header::REFERER, evil)],
            404,
        ),
    ] {
        assert_eq!(status(&test, &headers).await, expected, "{headers:?}");
    }
}

#[actix_web::test]
async fn what_the_host_header_says_makes_no_origin_the_services_own() {
    let test = TestApi::new().await;
    for (host, origin) in [
        ("hooks.example", "http://hooks.example"),
        ("hooks.example", "https://hooks.example"),
        ("x@evil.example", "http://evil.example"),
    ] {
        let asked = with_session(request("POST", PATH), &test.session_token("owner"))
            .insert_header((header::HOST, host))
            .insert_header((header::ORIGIN, origin));
        let answer = test.call(asked).await;
        assert_eq!(answer.status, 403, "{host} {origin}");
        let hint = answer.body["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("KAYLE_PUBLIC_URL"), "{hint}");
    }
}

#[actix_web::test]
async fn an_api_key_needs_no_origin() {
    let test = TestApi::new().await;
    let asked = request("POST", PATH)
        .insert_header((header::AUTHORIZATION, format!("Bearer {}", test.key)))
        .insert_header((header::ORIGIN, "https://evil.example"));
    assert_eq!(test.call(asked).await.status, 404);
}

#[actix_web::test]
async fn the_credential_comes_before_the_origin_and_that_before_the_role() {
    let test = TestApi::new().await;
    let forged = test.call(with_session(request("POST", PATH), "x")).await;
    assert_eq!(forged.status, 401);
    let session = test.session_token("member");
    let foreign = test
        .call(with_session(request("POST", PATH), &session))
        .await;
    assert!(foreign.message().contains("must come from"), "{foreign:?}");
}
