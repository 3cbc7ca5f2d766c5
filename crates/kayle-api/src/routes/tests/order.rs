//! Size, credential, organization, scope, validation, existence, state: in this order.

use std::time::Duration;

use actix_web::http::header;
use kayle_app::access::Scope;
use strum::IntoEnumIterator;

use super::customer_operations;
use crate::limits::BODY_BYTES_MAX;
use crate::testing::{TestApi, request};

#[actix_web::test]
async fn every_operation_lets_exactly_its_scopes_through() {
    let test = TestApi::new().await;
    for scope in Scope::iter() {
        let key = test.key_with(&[scope]).await;
        for (method, path, needed) in customer_operations() {
            let answer = test.send_as(&key, method, path, "").await;
            let refused = answer.status == 403;
            assert_eq!(
                refused,
                !scope.includes(needed),
                "{method} {path} with {scope}"
            );
        }
    }
}

#[actix_web::test]
async fn a_key_without_scopes_may_do_nothing() {
    let test = TestApi::new().await;
    let key = test.key_with(&[]).await;
    for (method, path, _) in customer_operations() {
        let answer = test.send_as(&key, method, path, "").await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
}

#[actix_web::test]
async fn size_comes_before_the_credential() {
    let test = TestApi::new().await;
    for path in ["/v1/webhooks/endpoints", "/v1/nowhere", "/nowhere"] {
        let large = request("POST", path).set_payload(vec![b' '; BODY_BYTES_MAX + 1]);
        let answer = test.call(large).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (413, "PAYLOAD_TOO_LARGE")
        );
    }
}

#[actix_web::test]
async fn an_announced_size_is_enough_to_refuse() {
    let test = TestApi::new().await;
    let announced = request("POST", "/v1/sessions")
        .insert_header((header::CONTENT_LENGTH, (BODY_BYTES_MAX + 1).to_string()));
    assert_eq!(test.call(announced).await.status, 413);
}

#[actix_web::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let test = TestApi::new().await;
    let mut body = r#"{"url":1}"#.to_owned();
    body.push_str(&" ".repeat(BODY_BYTES_MAX - body.len()));
    let answer = test.send("POST", "/v1/webhooks/endpoints", &body).await;
    assert_eq!(answer.message(), "url must be a string");
}

#[actix_web::test]
async fn strangers_are_told_nothing_about_the_routes() {
    let test = TestApi::new().await;
    for path in [
        "/v1/",
        "/v1/nowhere",
        "/v1/webhooks/endpoints/",
        "/internal/v1/nowhere",
    ] {
        let answer = test.call(request("GET", path)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "UNAUTHORIZED"),
            "{path}"
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn the_credential_comes_before_validation() {
    let test = TestApi::new().await;
    for (method, path, _) in customer_operations() {
        let answer = test
            .send_as("kk_unknown", method, &format!("{path}?limit=0"), "{")
            .await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
}

#[actix_web::test]
async fn the_two_kinds_of_credential_are_kept_apart() {
    let test = TestApi::new().await;
    let token = test.service_token().await;
    let answer = test.send_as(&token, "GET", "/v1/sessions", "").await;
    assert_eq!(answer.status, 401);
    let path = "/internal/v1/sessions/vs_x/begin";
    let answer = test.send_as(&test.key, "POST", path, "").await;
    assert_eq!(answer.status, 401);
    let answer = test.send_as(&token, "POST", path, "").await;
    assert_eq!(answer.status, 400);
}

#[actix_web::test]
async fn a_revoked_service_token_is_refused_before_everything_else() {
    let test = TestApi::new().await;
    let webhooks = &test.kit.webhooks;
    let made = webhooks.create_service_token("verifier", Duration::from_mins(1));
    let made = made.await.unwrap();
    webhooks.revoke_service_token(made.id).await.unwrap();
    for path in ["/internal/v1/sessions/vs_x/begin", "/internal/v1/nowhere"] {
        let answer = test.send_as(&made.token.token, "POST", path, "{").await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn a_frozen_organization_is_told_before_scope_and_route() {
    let test = TestApi::new().await;
    let key = test.key_with(&[]).await;
    let id = test.organization.id;
    test.kit.webhooks.freeze_organization(id).await.unwrap();
    for path in ["/v1/webhooks/endpoints?limit=0", "/v1/nowhere"] {
        let answer = test.send_as(&key, "GET", path, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (410, "ORGANIZATION_FROZEN")
        );
    }
}

#[actix_web::test]
async fn validation_comes_before_existence() {
    let test = TestApi::new().await;
    let path = "/v1/webhooks/endpoints/whe_unknown/keys";
    let answer = test.send("POST", path, r#"{"key_id":""}"#).await;
    assert_eq!(answer.status, 400);
}

#[actix_web::test]
async fn existence_comes_before_what_a_jwk_means() {
    let test = TestApi::new().await;
    let body = r#"{"key_id":"k","algorithm":"RSA-OAEP-256","key_type":"RSA","jwk":{"n":"AQAB","e":"AQAB"}}"#;
    let unknown = test
        .send("POST", "/v1/webhooks/endpoints/whe_unknown/keys", body)
        .await;
    assert_eq!(unknown.status, 404);
    let endpoint = test.kit.seed.make.endpoint(&test.organization);
    test.kit.seed.endpoint(&endpoint).await;
    let path = format!("/v1/webhooks/endpoints/{}/keys", endpoint.id);
    let known = test.send("POST", &path, body).await;
    assert_eq!((known.status.as_u16(), known.code()), (400, "BAD_REQUEST"));
}
