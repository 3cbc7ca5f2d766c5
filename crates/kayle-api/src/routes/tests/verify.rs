//! The person withdraws: every row of the table of contract 3.9.

use std::time::Duration;

use actix_web::http::header;
use kayle_sessions::Session;
use kayle_testkit::builders::key_ring;
use serde_json::{Value, json};

use crate::limits::BODY_BYTES_MAX;
use crate::testing::{Answer, DASHBOARD, TestApi, request, with_json};

const TOKEN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Opens a session; gives its id and its token.
async fn opened(test: &TestApi) -> (String, String) {
    let answer = test.send("POST", "/v1/sessions", "").await;
    let member = |name: &str| answer.body["data"][name].as_str().unwrap().to_owned();
    (member("id"), member("cancel_token"))
}

async fn cancel(test: &TestApi, id: &str, body: &str) -> Answer {
    let path = format!("/v1/verify/session/{id}/cancel");
    test.call(with_json(request("POST", &path), body)).await
}

fn body(token: &str) -> String {
    json!({ "cancel_token": token }).to_string()
}

async fn status_of(test: &TestApi, id: &str) -> Value {
    let path = format!("/v1/sessions/{id}");
    test.send("GET", &path, "").await.body["data"]["status"].clone()
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    assert_eq!(answer.body["data"], Value::Null);
    for member in ["message", "hint", "docs"] {
        assert!(answer.body["error"][member].is_string());
    }
}

#[actix_web::test]
async fn the_first_redemption_cancels_and_the_second_changes_nothing() {
    let test = TestApi::new().await;
    let (id, token) = opened(&test).await;
    for _ in 0..2 {
        let answer = cancel(&test, &id, &body(&token)).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    }
    assert_eq!(status_of(&test, &id).await, "cancelled");
}

#[actix_web::test]
async fn a_malformed_session_id_comes_first() {
    let test = TestApi::new().await;
    for id in ["vs_x", "%20", "whe_x", &format!("VS_{}", "a".repeat(64))] {
        let answer = cancel(&test, id, "{").await;
        assert_refused(&answer, 400, "INVALID_SESSION_ID");
    }
}

#[actix_web::test]
async fn a_malformed_body_comes_before_the_session() {
    let test = TestApi::new().await;
    let unknown = format!("vs_{}", "a".repeat(64));
    let token = |token: Value| json!({ "cancel_token": token }).to_string();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        &token(json!(null)),
        &token(json!(1)),
        &token(json!("")),
        &token(json!("a".repeat(47))),
        &token(json!("a".repeat(49))),
        &token(json!("A".repeat(48))),
        &token(json!(format!("{}-", "a".repeat(47)))),
        &token(json!("é".repeat(24))),
    ] {
        let answer = cancel(&test, &unknown, body).await;
        assert_refused(&answer, 400, "INVALID_REQUEST");
    }
    let path = format!("/v1/verify/session/{unknown}/cancel");
    let text = request("POST", &path)
        .insert_header((header::CONTENT_TYPE, "text/plain"))
        .set_payload(token(json!(TOKEN)));
    assert_refused(&test.call(text).await, 400, "INVALID_REQUEST");
}

#[actix_web::test]
async fn an_unknown_session_is_not_found() {
    let test = TestApi::new().await;
    let unknown = format!("vs_{}", "a".repeat(64));
    let answer = cancel(&test, &unknown, &body(TOKEN)).await;
    assert_refused(&answer, 404, "SESSION_NOT_FOUND");
}

#[actix_web::test]
async fn the_session_of_a_frozen_organization_is_not_found() {
    let test = TestApi::new().await;
    let (id, token) = opened(&test).await;
    let organization = test.organization.id;
    let webhooks = &test.kit.webhooks;
    webhooks.freeze_organization(organization).await.unwrap();
    let answer = cancel(&test, &id, &body(&token)).await;
    assert_refused(&answer, 404, "SESSION_NOT_FOUND");
}

#[actix_web::test]
async fn another_token_is_refused() {
    let test = TestApi::new().await;
    let (id, _) = opened(&test).await;
    let (_, other) = opened(&test).await;
    for token in [TOKEN, &other] {
        let answer = cancel(&test, &id, &body(token)).await;
        assert_refused(&answer, 401, "CANCEL_TOKEN_INVALID");
        assert!(!answer.body.to_string().contains(token));
    }
    assert_eq!(status_of(&test, &id).await, "created");
}

#[actix_web::test]
async fn a_redeemed_token_of_a_session_that_has_not_ended_is_used_up() {
    let test = TestApi::new().await;
    let session = Session {
        cancel_token_hash: key_ring().hash_cancel_token(TOKEN),
        withdrawn_at: Some(test.kit.webhooks.now()),
        ..test.kit.seed.make.session(&test.organization)
    };
    test.kit.seed.session(&session).await;
    let answer = cancel(&test, session.id.as_str(), &body(TOKEN)).await;
    assert_refused(&answer, 409, "CANCEL_TOKEN_USED");
}

#[actix_web::test]
async fn the_token_of_an_overdue_session_is_redeemed_after_it_expired() {
    let test = TestApi::new().await;
    let (id, token) = opened(&test).await;
    test.kit.clock.advance(Duration::from_hours(2));
    assert_eq!(cancel(&test, &id, &body(&token)).await.status, 204);
    assert_eq!(status_of(&test, &id).await, "expired");
}

#[actix_web::test]
async fn nobody_is_asked_who_they_are() {
    let test = TestApi::new().await;
    let (id, token) = opened(&test).await;
    let path = format!("/v1/verify/session/{id}/cancel");
    let asked = request("POST", &path)
        .insert_header((header::AUTHORIZATION, "Bearer kk_unknown"))
        .insert_header((header::ORIGIN, "https://verify.kayle.example"));
    let answer = test.call(with_json(asked, &body(&token))).await;
    assert_eq!(answer.status, 204);
    let get = request("GET", &path).insert_header((header::ORIGIN, DASHBOARD));
    assert_eq!(test.call(get).await.status, 401);
}

#[actix_web::test]
async fn size_comes_first_here_too() {
    let test = TestApi::new().await;
    let large =
        request("POST", "/v1/verify/session/vs_x/cancel")
            .set_payload(vec![b' '; BODY_BYTES_MAX + 1]);
    assert_refused(&test.call(large).await, 413, "PAYLOAD_TOO_LARGE");
}
