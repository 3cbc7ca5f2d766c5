//! Nonsense for every operation: each is refused with the right code, and the message names the
//! field at fault.

use serde_json::{Value, json};

use crate::testing::TestApi;

const ENDPOINT: &str = "/v1/webhooks/endpoints/whe_x";
const SESSION: &str = "vs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

async fn check(test: &TestApi, method: &str, path: &str, body: &Value, expected: (&str, &str)) {
    let body = body.to_string();
    let body = if body == "null" { "" } else { &body };
    let answer = test.send(method, path, body).await;
    let (code, field) = expected;
    assert_eq!(
        answer.status,
        400,
        "{method} {path} {body}: {}",
        answer.message()
    );
    assert_eq!(
        answer.code(),
        code,
        "{method} {path} {body}: {}",
        answer.message()
    );
    assert!(
        answer.message().starts_with(field),
        "{method} {path} {body}: {}",
        answer.message()
    );
}

#[actix_web::test]
async fn endpoints_that_cannot_be_created_or_changed() {
    async fn refused(test: &TestApi, member: &str, value: Value, field: &str) {
        let expected = ("BAD_REQUEST", field);
        let change = json!({ member: value });
        check(test, "PATCH", ENDPOINT, &change, expected).await;
        let mut body = json!({ "url": "https://customer.example/hook" });
        body[member] = change[member].clone();
        check(test, "POST", "/v1/webhooks/endpoints", &body, expected).await;
    }
    let test = &TestApi::new().await;
    for url in [
        json!(null),
        json!(1),
        json!(["https://a.example"]),
        json!("x".repeat(2049)),
    ] {
        refused(test, "url", url, "url").await;
    }
    refused(test, "url", json!("https://a.example/\0"), "url").await;
    for name in [
        json!(""),
        json!("  "),
        json!(1),
        json!("x".repeat(121)),
        json!("a\0b"),
    ] {
        refused(test, "name", name, "name").await;
    }
    refused(test, "labels", json!(null), "labels").await;
    refused(test, "labels", json!("a"), "labels").await;
    refused(test, "labels", json!({"0": "a"}), "labels").await;
    refused(test, "labels", json!(["a", "b", 3]), "labels[2]").await;
    refused(test, "labels", json!(["a", " "]), "labels[1]").await;
    refused(test, "labels", json!(["a", "A "]), "labels[1]").await;
    refused(test, "labels", json!(["x".repeat(41)]), "labels[0]").await;
    refused(test, "labels", json!(vec!["a"; 9]), "labels").await;
    for enabled in [json!(null), json!("true"), json!(1)] {
        refused(test, "enabled", enabled, "enabled").await;
    }
    let member = "subscribed_event_types";
    refused(test, member, json!(null), member).await;
    refused(test, member, json!("verification.session.failed"), member).await;
    refused(
        test,
        member,
        json!(["verification.session.failed", "x"]),
        "subscribed_event_types[1] must be verification.session.succeeded, ",
    )
    .await;
    refused(test, member, json!([null]), "subscribed_event_types[0]").await;
    let member = "undelivered_payload_retention_hours";
    for hours in [
        json!(null),
        json!("72"),
        json!(1),
        json!(-24),
        json!(71.5),
        json!(1e300),
    ] {
        refused(test, member, hours, member).await;
    }
    for schedule in [json!(null), json!("Standard"), json!(""), json!(3)] {
        refused(test, "retry_schedule", schedule, "retry_schedule").await;
    }
    check(
        test,
        "POST",
        "/v1/webhooks/endpoints",
        &json!({}),
        ("BAD_REQUEST", "url"),
    )
    .await;
    check(
        test,
        "POST",
        "/v1/webhooks/endpoints",
        &json!([]),
        ("BAD_REQUEST", "the body"),
    )
    .await;
    check(
        test,
        "POST",
        "/v1/webhooks/endpoints",
        &json!(null),
        ("BAD_REQUEST", "content-type"),
    )
    .await;
}

#[actix_web::test]
async fn changes_that_change_nothing() {
    let test = &TestApi::new().await;
    for change in [json!({}), json!({ "names": "x" }), json!([])] {
        check(
            test,
            "PATCH",
            ENDPOINT,
            &change,
            ("BAD_REQUEST", "the body"),
        )
        .await;
    }
    let expected = ("BAD_REQUEST", "content-type");
    check(test, "PATCH", ENDPOINT, &json!(null), expected).await;
    let answer = test.send("PATCH", ENDPOINT, "{}").await;
    for member in [
        "name",
        "labels",
        "url",
        "enabled",
        "subscribed_event_types",
        "undelivered_payload_retention_hours",
        "retry_schedule",
    ] {
        assert!(answer.message().contains(member), "{}", answer.message());
    }
}

#[actix_web::test]
async fn urls_that_the_policy_refuses() {
    let test = &TestApi::new().await;
    for url in [
        "",
        "nonsense",
        "http://a.example",
        "https://u:p@a.example",
        "https://127.0.0.1",
        "https://[::1]",
        "https://localhost",
        "ftp://a.example",
        "https://printer.local",
    ] {
        let body = json!({ "url": url });
        let expected = ("WEBHOOK_URL_REJECTED", "url");
        check(test, "POST", "/v1/webhooks/endpoints", &body, expected).await;
        check(test, "PATCH", ENDPOINT, &body, expected).await;
    }
}

#[actix_web::test]
async fn keys_that_cannot_be_registered() {
    async fn refused(test: &TestApi, member: &str, value: Value, field: &str) {
        let mut body = json!({
            "key_id": "k", "algorithm": "RSA-OAEP-256", "key_type": "RSA",
            "jwk": { "kty": "RSA", "n": "AQAB", "e": "AQAB" },
        });
        body[member] = value;
        let path = "/v1/webhooks/endpoints/whe_x/keys";
        check(test, "POST", path, &body, ("BAD_REQUEST", field)).await;
    }
    let test = &TestApi::new().await;
    for key_id in [
        json!(null),
        json!(""),
        json!(1),
        json!("x".repeat(129)),
        json!("a\0"),
    ] {
        refused(test, "key_id", key_id, "key_id").await;
    }
    for algorithm in [
        json!(null),
        json!("RSA-OAEP"),
        json!("rsa-oaep-256"),
        json!(1),
    ] {
        refused(test, "algorithm", algorithm, "algorithm").await;
    }
    for key_type in [json!(null), json!("EC"), json!({})] {
        refused(test, "key_type", key_type, "key_type").await;
    }
    for jwk in [json!(null), json!("{}"), json!([])] {
        refused(test, "jwk", jwk, "jwk must").await;
    }
    refused(test, "jwk", json!({ "e": "AQAB" }), "jwk.n").await;
    refused(test, "jwk", json!({ "n": "AQAB" }), "jwk.e").await;
    refused(test, "jwk", json!({ "n": 1, "e": "AQAB" }), "jwk.n").await;
    refused(
        test,
        "jwk",
        json!({ "n": "AQAB", "e": "AQAB", "kty": "EC" }),
        "jwk.kty",
    )
    .await;
    refused(
        test,
        "jwk",
        json!({ "n": "A", "e": "A", "key_ops": "encrypt" }),
        "jwk.key_ops",
    )
    .await;
    refused(test, "jwk", json!({ "n": "A", "e": "A", "x": {} }), "jwk").await;
}

#[actix_web::test]
async fn sessions_that_cannot_be_created() {
    async fn refused(test: &TestApi, body: Value, code: &str, field: &str) {
        check(test, "POST", "/v1/sessions", &body, (code, field)).await;
    }
    fn field(key: &str, field: &Value) -> Value {
        json!({ "share_fields": { key: field } })
    }
    let test = &TestApi::new().await;
    for url in [
        json!(1),
        json!(""),
        json!("http://a.example"),
        json!("https://a.example/\0"),
    ] {
        let body = json!({ "redirect_url": url });
        refused(test, body, "INVALID_REDIRECT_URL", "redirect_url").await;
    }
    let target = "webhook_endpoint_id";
    for ids in [
        json!(1),
        json!({}),
        json!(true),
        json!([]),
        json!(vec!["a"; 26]),
        json!(""),
    ] {
        refused(test, json!({ target: ids }), "BAD_REQUEST", target).await;
    }
    refused(
        test,
        json!({ target: ["a", 1] }),
        "BAD_REQUEST",
        "webhook_endpoint_id[1]",
    )
    .await;
    refused(
        test,
        json!({ target: ["a", "b c"] }),
        "BAD_REQUEST",
        "webhook_endpoint_id[1]",
    )
    .await;
    refused(
        test,
        json!({ target: "whe_x" }),
        "WEBHOOK_ENDPOINT_UNAVAILABLE",
        target,
    )
    .await;
    let code = "INVALID_SHARE_FIELDS";
    refused(
        test,
        json!({ "share_fields": [] }),
        code,
        "share_fields must",
    )
    .await;
    let path = "share_fields.family_name";
    refused(test, field("family_name", &json!(true)), code, path).await;
    refused(
        test,
        field("family_name", &json!({ "reason": "r" })),
        code,
        "share_fields.family_name.required",
    )
    .await;
    let bad_reason = json!({ "required": true, "reason": 1 });
    refused(
        test,
        field("family_name", &bad_reason),
        code,
        "share_fields.family_name.reason",
    )
    .await;
    let fair = json!({ "required": true, "reason": "why" });
    refused(
        test,
        field("shoe_size", &fair),
        "UNKNOWN_CLAIM_KEY",
        "share_fields.shoe_size",
    )
    .await;
    refused(
        test,
        field("age_over_7", &fair),
        "INVALID_AGE_GATE_KEY",
        "share_fields.age_over_7",
    )
    .await;
    let two = json!({ "share_fields": { "age_over_18": fair, "age_over_21": fair } });
    refused(test, two, "MULTIPLE_AGE_GATES_NOT_ALLOWED", "share_fields").await;
    for reason in [json!(null), json!(""), json!("  ")] {
        let body = field(
            "family_name",
            &json!({ "required": true, "reason": reason }),
        );
        refused(
            test,
            body,
            "REASON_REQUIRED",
            "share_fields.family_name.reason",
        )
        .await;
    }
    let long = json!({ "required": true, "reason": "x".repeat(201) });
    refused(test, field("family_name", &long), "REASON_TOO_LONG", path).await;
    let many: Value = (0..33).map(|n| (format!("k{n}"), fair.clone())).collect();
    refused(
        test,
        json!({ "share_fields": many }),
        "TOO_MANY_SHARE_FIELDS",
        "share_fields",
    )
    .await;
}

#[actix_web::test]
async fn reports_that_cannot_be_read() {
    async fn refused(test: &TestApi, body: Value, code: &str, field: &str) {
        let path = format!("/internal/v1/sessions/{SESSION}/attempts");
        check(test, "POST", &path, &body, (code, field)).await;
    }
    let test = &TestApi::new().await;
    let bad = "BAD_REQUEST";
    refused(test, json!({}), bad, "outcome").await;
    for outcome in [json!(null), json!("Succeeded"), json!(1)] {
        refused(test, json!({ "outcome": outcome }), bad, "outcome").await;
    }
    refused(test, json!({ "outcome": "failed" }), bad, "failure_code").await;
    let unknown = json!({ "outcome": "failed", "failure_code": "bored" });
    let named = "failure_code must be document_authenticity_failed, ";
    refused(test, unknown, bad, named).await;
    for id in [
        json!(null),
        json!(1),
        json!("va_x"),
        json!("whd_01arz3ndekzzzzzzzzzzzzzzzz"),
    ] {
        let body =
            json!({ "outcome": "failed", "failure_code": "liveness_failed", "attempt_id": id });
        refused(test, body, bad, "attempt_id").await;
    }
    let report = |claims: Value, keys: Value| json!({ "outcome": "succeeded", "claims": claims, "selected_field_keys": keys });
    refused(test, json!({ "outcome": "succeeded" }), bad, "claims").await;
    refused(test, report(json!([]), json!([])), bad, "claims").await;
    refused(
        test,
        report(json!({}), json!("x")),
        bad,
        "selected_field_keys",
    )
    .await;
    refused(
        test,
        report(json!({}), json!([1])),
        bad,
        "selected_field_keys[0]",
    )
    .await;
    let no_keys = json!({ "outcome": "succeeded", "claims": {} });
    refused(test, no_keys, bad, "selected_field_keys").await;
    let code = "INVALID_CLAIMS";
    let name = json!({ "family_name": "Curie" });
    refused(
        test,
        report(name.clone(), json!([])),
        code,
        "claims.family_name",
    )
    .await;
    refused(
        test,
        report(json!({}), json!(["family_name"])),
        code,
        "claims.family_name",
    )
    .await;
    let twice = json!(["family_name", "family_name"]);
    refused(test, report(name, twice), code, "claims.family_name").await;
    let shoe = report(json!({ "shoe_size": "38" }), json!(["shoe_size"]));
    refused(test, shoe, code, "claims.shoe_size").await;
    for value in [json!(1), json!(["Curie"]), json!({ "de": "Curie" })] {
        let body = report(json!({ "family_name": value }), json!(["family_name"]));
        refused(test, body, code, "claims.family_name").await;
    }
}

#[actix_web::test]
async fn paths_that_name_nothing() {
    let test = &TestApi::new().await;
    let long = "x".repeat(129);
    for id in [
        "%20", "a%2Fb", "%00", "%ff", "%zz", "%25", "a.b", "%C3%A9", "..%2f", &long,
    ] {
        for (method, path, field) in [
            ("GET", format!("/v1/webhooks/endpoints/{id}"), "endpoint_id"),
            (
                "GET",
                format!("/v1/webhooks/endpoints/{id}/keys"),
                "endpoint_id",
            ),
            (
                "POST",
                format!("/v1/webhooks/endpoints/{id}/signing-secret/reveal"),
                "endpoint_id",
            ),
            (
                "PATCH",
                format!("/v1/webhooks/endpoints/{id}"),
                "endpoint_id",
            ),
            (
                "DELETE",
                format!("/v1/webhooks/endpoints/{id}"),
                "endpoint_id",
            ),
            (
                "POST",
                format!("/v1/webhooks/endpoints/{id}/signing-secret/rotate"),
                "endpoint_id",
            ),
            (
                "POST",
                format!("/v1/webhooks/keys/{id}/deactivate"),
                "key_id",
            ),
            (
                "POST",
                format!("/v1/webhooks/keys/{id}/reactivate"),
                "key_id",
            ),
            (
                "GET",
                format!("/v1/webhooks/deliveries/{id}"),
                "delivery_id",
            ),
            (
                "POST",
                format!("/v1/webhooks/deliveries/{id}/retry"),
                "delivery_id",
            ),
            ("GET", format!("/v1/events/{id}"), "event_id"),
            (
                "POST",
                format!("/v1/webhooks/events/{id}/replay"),
                "event_id",
            ),
            ("GET", format!("/v1/sessions/{id}"), "session_id"),
            ("POST", format!("/v1/sessions/{id}/cancel"), "session_id"),
            (
                "POST",
                format!("/internal/v1/sessions/{id}/begin"),
                "session_id",
            ),
            (
                "POST",
                format!("/internal/v1/sessions/{id}/attempts"),
                "session_id",
            ),
        ] {
            check(test, method, &path, &json!(null), ("BAD_REQUEST", field)).await;
        }
    }
}

#[actix_web::test]
async fn queries_that_cannot_be_read() {
    let test = &TestApi::new().await;
    for (path, query, field) in [
        ("/v1/webhooks/endpoints", "enabled=", "enabled"),
        ("/v1/webhooks/endpoints", "enabled=TRUE", "enabled"),
        (
            "/v1/webhooks/endpoints",
            "enabled=true&enabled=true",
            "enabled",
        ),
        (
            "/v1/webhooks/endpoints/whe_x/keys",
            "is_active=1",
            "is_active",
        ),
        (
            "/v1/webhooks/deliveries",
            "status=done",
            "status must be pending, ",
        ),
        ("/v1/webhooks/deliveries", "endpoint_id=", "endpoint_id"),
        ("/v1/webhooks/deliveries", "event_id=%ff", "event_id"),
        ("/v1/events", "type=", "type must be verification."),
        ("/v1/events", "type=verification.session.*", "type"),
        ("/v1/events", "created_from=2026-05-05", "created_from"),
        ("/v1/events", "created_to=yesterday", "created_to"),
        ("/v1/sessions", "status=Created", "status"),
        ("/v1/sessions", "starting_after=vs_x", "starting_after"),
        ("/v1/sessions", "created_to=", "created_to"),
    ] {
        let path = format!("{path}?{query}");
        check(test, "GET", &path, &json!(null), ("BAD_REQUEST", field)).await;
    }
}

#[actix_web::test]
async fn no_refusal_repeats_a_value() {
    let test = TestApi::new().await;
    let secret = "s3cr3t";
    for (path, body) in [
        (
            "/v1/webhooks/endpoints",
            json!({ "url": format!("http://{secret}.example/") }),
        ),
        (
            "/v1/webhooks/endpoints",
            json!({ "url": "https://a.example", "labels": [secret, secret] }),
        ),
        (
            "/v1/webhooks/endpoints",
            json!({ "url": "https://a.example", "retry_schedule": secret }),
        ),
        ("/v1/sessions", json!({ "redirect_url": secret })),
        (
            &format!("/internal/v1/sessions/{SESSION}/attempts"),
            json!({ "outcome": "succeeded", "claims": { "family_name": [secret] },
                    "selected_field_keys": ["family_name"] }),
        ),
    ] {
        let answer = test.send("POST", path, &body.to_string()).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
    }
    let malformed = format!(r#"{{"url":{secret}}}"#);
    let answer = test
        .send("POST", "/v1/webhooks/endpoints", &malformed)
        .await;
    assert!(!answer.body.to_string().contains(secret), "{}", answer.body);
}
