//! What browsers are told about other origins.

use actix_web::http::header;
use serde_json::Value;

use crate::testing::{Answer, DASHBOARD, TestApi, request};

async fn preflight(test: &TestApi, path: &str, origin: &str) -> Answer {
    let asked = request("OPTIONS", path)
        .insert_header((header::ORIGIN, origin))
        .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH"));
    test.call(asked).await
}

fn cors_headers(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(header::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control"))
        .collect()
}

#[actix_web::test]
async fn a_preflight_of_the_dashboard_is_answered_before_anybody_asks_who_is_calling() {
    let test = TestApi::new().await;
    for path in [
        "/v1/webhooks/endpoints/whe_x",
        "/v1/auth/api-keys",
        "/v1/nowhere",
    ] {
        let answer = preflight(&test, path, DASHBOARD).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
        let check = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value));
        check("access-control-allow-origin", DASHBOARD);
        check("access-control-allow-credentials", "true");
        check(
            "access-control-allow-headers",
            "Authorization, Content-Type",
        );
        check(
            "access-control-allow-methods",
            "GET, POST, PATCH, DELETE, OPTIONS",
        );
        check("vary", "Origin");
        check("x-content-type-options", "nosniff");
    }
}

#[actix_web::test]
async fn other_origins_are_allowed_nothing() {
    let test = TestApi::new().await;
    for origin in [
        "https://evil.example",
        "http://dashboard.example",
        "https://dashboard.example:8443",
        "HTTPS://DASHBOARD.EXAMPLE",
        "https://dashboard.example/",
        "null",
        "*",
    ] {
        let answer = preflight(&test, "/v1/sessions", origin).await;
        assert_eq!(answer.status, 401, "{origin}");
        assert!(cors_headers(&answer).is_empty(), "{origin}");
        assert_eq!(answer.header("vary"), Some("Origin"), "{origin}");
    }
}

#[actix_web::test]
async fn the_dashboard_reads_every_answer() {
    let test = TestApi::new().await;
    for (path, status) in [("/", 200), ("/v1/sessions", 401), ("/nowhere", 404)] {
        let asked = request("GET", path).insert_header((header::ORIGIN, DASHBOARD));
        let answer = test.call(asked).await;
        assert_eq!(answer.status, status);
        let check = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value));
        check("access-control-allow-origin", DASHBOARD);
        check("access-control-allow-credentials", "true");
        check("vary", "Origin");
        assert_eq!(answer.header("access-control-allow-methods"), None);
    }
    let unasked = test.call(request("GET", "/")).await;
    assert!(cors_headers(&unasked).is_empty());
    assert_eq!(unasked.header("vary"), Some("Origin"));
}

#[actix_web::test]
async fn options_that_are_no_preflight_are_an_unknown_method() {
    let test = TestApi::new().await;
    let asked = request("OPTIONS", "/").insert_header((header::ORIGIN, DASHBOARD));
    assert_eq!(test.call(asked).await.status, 404);
}

#[actix_web::test]
async fn without_a_dashboard_nothing_is_said_of_origins() {
    let mut test = TestApi::new().await;
    test.api.dashboard_origin = None;
    let answer = preflight(&test, "/", DASHBOARD).await;
    assert_eq!(answer.status, 404);
    assert!(cors_headers(&answer).is_empty());
    assert_eq!(answer.header("vary"), None);
}

#[actix_web::test]
async fn a_configured_origin_is_compared_as_browsers_write_it() {
    let mut test = TestApi::new().await;
    test.api.dashboard_origin = Some("https://Dashboard.example:443".to_owned());
    assert_eq!(preflight(&test, "/", DASHBOARD).await.status, 204);
}
