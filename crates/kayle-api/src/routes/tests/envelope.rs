//! What stands around every answer.

use serde_json::json;

use super::{customer_operations, lists};
use crate::testing::{REQUEST_ID, TestApi, request};

#[actix_web::test]
async fn wrong_methods_and_slashes_too_many_are_unknown_routes() {
    let test = TestApi::new().await;
    let known: Vec<_> = customer_operations()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let paths = known.iter().map(|(_, path)| *path);
    let paths = paths.chain(["/", "/health/live", "/health/ready"]);
    for path in paths {
        let methods = ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"].into_iter();
        for method in methods.filter(|method| !known.contains(&(*method, path))) {
            let answer = test.send(method, path, "").await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (404, "NOT_FOUND"),
                "{method} {path}"
            );
        }
        let answer = test.send("GET", &format!("{path}/"), "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "NOT_FOUND"),
            "{path}/"
        );
    }
}

#[actix_web::test]
async fn an_unknown_route_has_the_whole_envelope() {
    let test = TestApi::new().await;
    let answer = test.call(request("GET", "/nowhere")).await;
    assert_eq!(answer.status, 404);
    let hint =
        "Nothing in this organization is found there. Check the method, the path and the id.";
    assert_eq!(
        answer.body,
        json!({
            "data": null,
            "error": {
                "code": "NOT_FOUND",
                "message": "route not found",
                "hint": hint,
                "docs": "https://kayle.id/docs/api/errors",
            },
        })
    );
}

#[actix_web::test]
async fn every_error_of_a_list_has_pagination() {
    fn check(answer: &crate::testing::Answer, status: u16, limit: u64) {
        assert_eq!(answer.status, status);
        let expected = json!({ "limit": limit, "has_more": false, "next_cursor": null });
        assert_eq!(answer.body["pagination"], expected);
        assert_eq!(answer.body["data"], json!(null));
    }
    let test = TestApi::new().await;
    let powerless = test.key_with(&[]).await;
    for path in lists() {
        check(&test.call(request("GET", path)).await, 401, 10);
        check(&test.send_as(&powerless, "GET", path, "").await, 403, 10);
        check(
            &test.send("GET", &format!("{path}?limit=101"), "").await,
            400,
            10,
        );
        let path = format!("{path}?limit=7&starting_after=%20");
        check(&test.send("GET", &path, "").await, 400, 7);
    }
    let id = test.organization.id;
    test.kit.webhooks.freeze_organization(id).await.unwrap();
    for path in lists() {
        check(&test.send("GET", path, "").await, 410, 10);
    }
}

#[actix_web::test]
async fn other_errors_have_no_pagination() {
    let test = TestApi::new().await;
    for (method, path, _) in customer_operations() {
        if method == "POST" {
            let answer = test.send_as("", method, path, "").await;
            assert!(answer.body.get("pagination").is_none(), "{path}");
        }
    }
}

#[actix_web::test]
async fn docs_point_to_the_operation_or_to_the_code() {
    async fn check(test: &TestApi, method: &str, path: &str, docs: &str) {
        let answer = test.send(method, path, "").await;
        assert_eq!(answer.body["error"]["docs"], docs, "{method} {path}");
    }
    let test = TestApi::new().await;
    let api = "https://kayle.id/docs/api/";
    let endpoint = "/v1/webhooks/endpoints/whe_x";
    check(
        &test,
        "GET",
        endpoint,
        &format!("{api}webhooks/endpoints#get-by-id"),
    )
    .await;
    let create = format!("{api}webhooks/endpoints#create");
    check(&test, "POST", "/v1/webhooks/endpoints", &create).await;
    let replay = format!("{api}webhooks/events#replay");
    check(&test, "POST", "/v1/events/evt_x/replay", &replay).await;
    let powerless = test.key_with(&[]).await;
    let answer = test.send_as(&powerless, "GET", endpoint, "").await;
    assert_eq!(
        answer.body["error"]["docs"],
        format!("{api}errors#forbidden")
    );
}

#[actix_web::test]
async fn every_answer_carries_its_id_and_the_security_headers() {
    let test = TestApi::new().await;
    for path in [
        "/",
        "/nowhere",
        "/v1/sessions",
        "/v1/nowhere",
        "/v1/sessions/%",
    ] {
        let answer = test.send("GET", path, "").await;
        let check =
            |name: &str, value: &str| assert_eq!(answer.header(name), Some(value), "{path}");
        check("x-request-id", REQUEST_ID);
        check(
            "content-security-policy",
            "base-uri 'self'; frame-ancestors 'none'; object-src 'none'",
        );
        check(
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        );
        check("referrer-policy", "strict-origin-when-cross-origin");
        check("x-content-type-options", "nosniff");
        check("x-frame-options", "DENY");
        check("cache-control", "no-store");
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[actix_web::test]
async fn browsers_are_held_to_https_only_where_it_is_spoken() {
    let mut test = TestApi::new().await;
    test.api.https = true;
    let answer = test.send("GET", "/", "").await;
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=31536000; includeSubDomains")
    );
}

#[actix_web::test]
async fn a_caller_cannot_choose_the_id_of_its_request() {
    let test = TestApi::new().await;
    let chosen = request("GET", "/").insert_header(("x-request-id", "chosen"));
    assert_eq!(
        test.call(chosen).await.header("x-request-id"),
        Some(REQUEST_ID)
    );
}

#[actix_web::test]
async fn a_node_that_cannot_do_its_work_is_not_ready() {
    let mut test = TestApi::new().await;
    assert_eq!(test.send("GET", "/health/ready", "").await.status, 200);
    test.api.readiness = std::sync::Arc::new(|| Err("the dispatcher stands still"));
    let answer = test.send("GET", "/health/ready", "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (503, "SERVICE_UNAVAILABLE")
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(test.send("GET", "/health/live", "").await.status, 200);
}

#[actix_web::test]
async fn a_panic_is_answered_without_a_word_of_it() {
    use crate::error::Frame;
    use crate::operation::respond;
    let response = respond(Frame::UNKNOWN, async { panic!("secret") }).await;
    assert_eq!(response.status(), 500);
    let body = actix_web::body::to_bytes(response.into_body())
        .await
        .unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains("INTERNAL_SERVER_ERROR"), "{body}");
    assert!(!body.contains("secret"), "{body}");
}
