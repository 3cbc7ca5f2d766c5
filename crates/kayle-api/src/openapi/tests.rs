use std::collections::BTreeSet;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use kayle_app::access::Role;
use kayle_delivery::fanout::PassedOverReason;
use kayle_delivery::{AttemptFailure, ExplanationCode, RetentionReason};
use kayle_events::EventType;
use kayle_testkit::builders::private_key;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::Surface;
use crate::app::{OPENAPI, app};
use crate::routes::operations as all_operations;
use crate::testing::promises::{DOCUMENT, validator};
use crate::testing::{DASHBOARD, TestApi, request, with_json, with_session};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Returns each operation of the document with its method and path.
fn operations() -> impl Iterator<Item = (String, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    })
}

/// Puts an id that does not exist into each parameter of a path.
fn filled(path: &str) -> String {
    path.replace("{session_id}", &format!("vs_{}", "x".repeat(64)))
        .replace("{api_key_id}", "00000000-0000-4000-8000-000000000000")
        .replace(['{', '}'], "")
}

async fn respond(test: &TestApi, request: TestRequest) -> ServiceResponse<impl MessageBody> {
    let service = init_service(app(test.api.clone(), Surface::Everything)).await;
    call_service(&service, request.to_request()).await
}

/// Makes a request come from a person who may do everything.
fn as_owner(test: &TestApi, request: TestRequest) -> TestRequest {
    with_session(request, &test.session_token("owner")).insert_header((header::ORIGIN, DASHBOARD))
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is how a developer says that the snapshot is to be written"
)]
fn must_update() -> bool {
    std::env::var_os("UPDATE_OPENAPI").is_some()
}

#[test]
fn the_snapshot_is_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document = super::document(all_operations()).to_pretty_json().unwrap() + "\n";
    if must_update() {
        std::fs::write(path, &document).unwrap();
    }
    let snapshot = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        snapshot == document,
        "docs/openapi.json is not the document: look at what changed for customers with\n  \
         UPDATE_OPENAPI=1 cargo test -p kayle-api the_snapshot && git diff docs/openapi.json"
    );
}

#[test]
fn the_document_is_openapi_3_1_with_a_webhook_for_each_event_type() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    let webhooks = DOCUMENT["webhooks"].as_object().unwrap();
    let event_types: Vec<&str> = webhooks.keys().map(String::as_str).collect();
    let expected: Vec<&str> = EventType::iter().map(Into::into).collect();
    assert_eq!(event_types, expected);
}

#[test]
fn the_pages_for_customers_name_every_event_type_and_reason() {
    let events = include_str!("../../../../docs/events.md");
    for event_type in EventType::iter() {
        let name = format!("`{event_type}`");
        assert!(events.contains(&name), "docs/events.md lacks {name}");
    }
    let deliveries = include_str!("../../../../docs/deliveries-and-retries.md");
    let failures = AttemptFailure::iter().map(AttemptFailure::as_str);
    let retentions = RetentionReason::iter().map(RetentionReason::as_str);
    let explanations = ExplanationCode::iter().map(ExplanationCode::as_str);
    let passed_over = PassedOverReason::iter().map(PassedOverReason::as_str);
    for reason in failures
        .chain(retentions)
        .chain(explanations)
        .chain(passed_over)
    {
        let name = format!("`{reason}`");
        assert!(
            deliveries.contains(&name),
            "docs/deliveries-and-retries.md lacks {name}"
        );
    }
}

#[test]
fn nothing_internal_is_described() {
    assert!(!OPENAPI.0.contains("/internal"));
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let ids: Vec<&Value> = operations()
        .map(|(_, _, operation)| &operation["operationId"])
        .collect();
    let distinct: BTreeSet<_> = ids.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn every_schema_can_be_used_and_is() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        // It fails at a reference that leads nowhere.
        validator(schema);
        let reference = format!("\"#/components/schemas/{name}\"");
        assert!(OPENAPI.0.contains(&reference), "nothing refers to {name}");
    }
}

#[actix_web::test]
async fn the_router_and_the_document_know_the_same_operations() {
    let test = TestApi::new().await;
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in METHODS {
            let described = item.get(method.to_lowercase()).is_some();
            let request = as_owner(&test, request(method, &filled(path)));
            let response = respond(&test, request).await;
            let body = read_body(response).await;
            let is_unknown = String::from_utf8_lossy(&body).contains("route not found");
            assert_eq!(described, !is_unknown, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn only_what_the_document_opens_to_everyone_is_open() {
    let test = TestApi::new().await;
    for (method, path, operation) in operations() {
        let secured = !operation["security"].as_array().unwrap().is_empty();
        let response = respond(&test, request(&method, &filled(path))).await;
        assert_eq!(response.status() == 401, secured, "{method} {path}");
    }
}

#[actix_web::test]
async fn an_api_key_is_accepted_where_the_document_says_so() {
    let test = TestApi::new().await;
    for (method, path, operation) in operations() {
        let security = operation["security"].as_array().unwrap();
        if security.is_empty() {
            continue;
        }
        let takes_keys = security.iter().any(|way| way.get(super::BEARER).is_some());
        let key = if takes_keys {
            test.key_with(&[]).await
        } else {
            test.key.clone()
        };
        let answer = test.send_as(&key, &method, &filled(path), "").await;
        if takes_keys {
            let scope = security[0][super::BEARER][0].as_str().unwrap();
            assert_eq!(answer.status, 403, "{method} {path}");
            assert!(
                answer.message().ends_with(scope),
                "{method} {path}: {}",
                answer.message()
            );
        } else {
            assert_eq!(answer.status, 401, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn the_least_role_is_the_one_of_the_document() {
    let test = TestApi::new().await;
    for (method, path, operation) in operations() {
        let security = operation["security"].as_array().unwrap();
        let Some(least) = security
            .iter()
            .find_map(|way| way[super::COOKIE][0].as_str())
        else {
            continue;
        };
        let least = Role::highest_of(least).unwrap();
        for role in Role::iter() {
            let answer = test
                .send_as_person(role.as_str(), &method, &filled(path), "")
                .await;
            let is_refused = answer.status == 403;
            assert_eq!(
                is_refused,
                role < least,
                "{} {method} {path}",
                role.as_str()
            );
        }
    }
}

/// Returns what a path parameter names among the rows of `test`'s organization.
async fn own_rows(test: &TestApi) -> [(&'static str, String); 6] {
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let delivery = test.kit.seed.delivery(&subscriber).await;
    let session = test.kit.seed.make.session(&test.organization);
    test.kit.seed.session(&session).await;
    let api_keys = test
        .send_as_person("owner", "GET", "/v1/auth/api-keys", "")
        .await;
    [
        ("{endpoint_id}", subscriber.endpoint.id.to_string()),
        ("{key_id}", subscriber.key.id.to_string()),
        ("{delivery_id}", delivery.id.to_string()),
        ("{event_id}", delivery.event_id.to_string()),
        ("{session_id}", session.id.to_string()),
        (
            "{api_key_id}",
            api_keys.body["data"][0]["id"].as_str().unwrap().to_owned(),
        ),
    ]
}

/// Returns a body that passes validation, where an operation wants one.
fn valid_body(method: &str, path: &str) -> String {
    let public = private_key().public_jwk_members();
    match (method, path) {
        ("PATCH", _) => json!({ "enabled": false }).to_string(),
        ("POST", "/v1/webhooks/endpoints/{endpoint_id}/keys") => json!({
            "key_id": "k", "algorithm": "RSA-OAEP-256", "key_type": "RSA",
            "jwk": { "kty": "RSA", "n": public.n, "e": public.e },
        })
        .to_string(),
        _ => String::new(),
    }
}

#[actix_web::test]
async fn a_foreign_row_is_a_missing_row_for_every_operation() {
    let test = TestApi::new().await;
    let rows = own_rows(&test).await;
    let other = test.kit.seed.organization().await;
    let stranger = test.session_token_in(Some(other.id.to_string()), "owner");
    let mut walked = 0;
    for (method, path, operation) in operations() {
        let is_open = operation["security"].as_array().unwrap().is_empty();
        if is_open || !path.contains('{') {
            continue;
        }
        let foreign = rows
            .iter()
            .fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        assert!(
            !foreign.contains('{'),
            "{path} has a parameter that this test does not know"
        );
        let body = valid_body(&method, path);
        let send = async |path: &str| {
            let request = with_session(request(&method, path), &stranger);
            let request = request.insert_header((header::ORIGIN, DASHBOARD));
            test.call(with_json(request, &body)).await
        };
        let (foreign, missing) = (send(&foreign).await, send(&filled(path)).await);
        assert_eq!(foreign.status, missing.status, "{method} {path}");
        assert_eq!(
            foreign.body["error"]["code"], missing.body["error"]["code"],
            "{method} {path}"
        );
        assert!(foreign.body["data"].is_null() || foreign.body["data"] == json!([]));
        walked += 1;
    }
    assert!(
        15 < walked,
        "the document has that many operations on one thing: {walked}"
    );
}

#[actix_web::test]
async fn the_reference_asks_nobody_else() {
    let test = TestApi::new().await;
    for (method, path, media_type) in [
        ("GET", "/openapi", "application/json"),
        ("HEAD", "/openapi", "application/json"),
        ("GET", "/reference", "text/html; charset=utf-8"),
        ("HEAD", "/reference", "text/html; charset=utf-8"),
        (
            "GET",
            "/reference/scalar.js",
            "text/javascript; charset=utf-8",
        ),
    ] {
        let response = respond(&test, request(method, path)).await;
        assert_eq!(response.status(), 200, "{method} {path}");
        let headers = response.headers();
        assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), media_type);
        assert_eq!(
            headers.get(header::CONTENT_SECURITY_POLICY).unwrap(),
            "base-uri 'self'; frame-ancestors 'none'; object-src 'none'"
        );
    }
    let page = include_str!("../../assets/reference.html");
    assert!(!page.contains("//"), "the page names another host");
    assert!(page.contains("default-src 'self'"));
}
