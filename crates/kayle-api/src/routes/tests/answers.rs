//! One whole answer per view.

use kayle_sessions::Session;
use serde_json::{Value, json};

use crate::testing::TestApi;

const NOW: &str = "2026-05-05T11:00:00.000Z";

fn endpoint_view(test: &TestApi, id: &Value, url: &str) -> Value {
    json!({
        "id": id,
        "organization_id": test.organization.id.to_string(),
        "name": null,
        "labels": [],
        "url": url,
        "enabled": true,
        "subscribed_event_types": [
            "verification.session.succeeded",
            "verification.session.failed",
            "verification.session.expired",
            "verification.session.cancelled",
        ],
        "undelivered_payload_retention_hours": 72,
        "retry_schedule": "standard",
        "created_at": NOW,
        "updated_at": NOW,
        "disabled_at": null,
    })
}

#[actix_web::test]
async fn a_created_endpoint_shows_its_secret_once() {
    let test = TestApi::new().await;
    let body = r#"{"url":"https://Customer.example/Hook?a=1#f","unknown":[1]}"#;
    let answer = test.send("POST", "/v1/webhooks/endpoints", body).await;
    assert_eq!(answer.status, 200);
    let id = answer.body["data"]["endpoint"]["id"].clone();
    let secret = answer.body["data"]["signing_secret"].clone();
    let endpoint = endpoint_view(&test, &id, "https://Customer.example/Hook?a=1#f");
    let data = json!({ "endpoint": endpoint, "signing_secret": secret });
    assert_eq!(answer.body, json!({ "data": data, "error": null }));

    let path = format!("/v1/webhooks/endpoints/{}", id.as_str().unwrap());
    let shown = test.send("GET", &path, "").await;
    assert_eq!(shown.body, json!({ "data": endpoint, "error": null }));

    let revealed = test
        .send("POST", &format!("{path}/signing-secret/reveal"), "")
        .await;
    let data = json!({ "endpoint_id": id, "signing_secret": secret });
    assert_eq!(revealed.body, json!({ "data": data, "error": null }));
}

#[actix_web::test]
async fn every_member_of_a_new_endpoint_is_taken() {
    let test = TestApi::new().await;
    let body = json!({
        "url": "https://a.example/", "name": " Shop ", "labels": [" eu ", "b"], "enabled": false,
        "subscribed_event_types": ["verification.attempt.failed", "verification.attempt.failed"],
        "undelivered_payload_retention_hours": 168.0, "retry_schedule": "short",
    });
    let answer = test
        .send("POST", "/v1/webhooks/endpoints", &body.to_string())
        .await;
    let shown = &answer.body["data"]["endpoint"];
    assert_eq!(shown["name"], "Shop");
    assert_eq!(shown["labels"], json!(["eu", "b"]));
    assert_eq!(shown["enabled"], false);
    assert_eq!(shown["disabled_at"], NOW);
    assert_eq!(
        shown["subscribed_event_types"],
        json!(["verification.attempt.failed"])
    );
    assert_eq!(shown["undelivered_payload_retention_hours"], 168);
    assert_eq!(shown["retry_schedule"], "short");
}

#[actix_web::test]
async fn a_registered_key_shows_a_rebuilt_jwk() {
    let test = TestApi::new().await;
    let endpoint = test.kit.seed.make.endpoint(&test.organization);
    test.kit.seed.endpoint(&endpoint).await;
    let jwk = test.kit.seed.make.encryption_key(&endpoint).jwk;
    let body = json!({
        "key_id": " my key ", "algorithm": "RSA-OAEP-256", "key_type": "RSA",
        "jwk": { "kty": "RSA", "n": jwk.n, "e": jwk.e, "kid": "x", "ext": true, "use": "enc" },
    });
    let path = format!("/v1/webhooks/endpoints/{}/keys", endpoint.id);
    let answer = test.send("POST", &path, &body.to_string()).await;
    let key = json!({
        "id": answer.body["data"]["id"],
        "webhook_endpoint_id": endpoint.id.as_str(),
        "key_id": " my key ",
        "algorithm": "RSA-OAEP-256",
        "key_type": "RSA",
        "jwk": { "alg": "RSA-OAEP-256", "e": jwk.e, "key_ops": ["encrypt"], "kty": "RSA", "n": jwk.n },
        "thumbprint": jwk.thumbprint(),
        "bits": 2048,
        "is_active": true,
        "retained_deliveries": 0,
        "proven_at": null,
        "proven_by": null,
        "created_at": NOW,
        "updated_at": NOW,
        "disabled_at": null,
    });
    assert_eq!(answer.body, json!({ "data": key, "error": null }));
}

#[actix_web::test]
async fn a_delivery_is_shown_with_its_attempts() {
    let test = TestApi::new().await;
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let event = test.kit.seed.event(&test.organization).await;
    let new = test
        .kit
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    test.kit.seed.deliveries(std::slice::from_ref(&new)).await;
    let delivery = json!({
        "id": new.delivery.id.as_str(),
        "event_id": event.id.as_str(),
        "webhook_endpoint_id": subscriber.endpoint.id.as_str(),
        "webhook_encryption_key_id": null,
        "status": "failed",
        "attempt_count": 1,
        "next_attempt_at": null,
        "payload_expires_at": null,
        "payload_scrubbed_at": NOW,
        "payload_retention_reason": "no_active_key",
        "last_status_code": null,
        "last_failure_reason": null,
        "last_attempt_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    });
    let list = test.send("GET", "/v1/webhooks/deliveries", "").await;
    let pagination = json!({ "limit": 10, "has_more": false, "next_cursor": null });
    assert_eq!(
        list.body,
        json!({ "data": [delivery], "error": null, "pagination": pagination })
    );

    let mut expected = delivery;
    expected["attempts"] = json!([{
        "id": new.attempt.unwrap().id.as_str(),
        "status": "failed",
        "status_code": null,
        "failure_reason": null,
        "refused_address": null,
        "duration_ms": 0,
        "connection": null,
        "remote_address": null,
        "dns_ms": null,
        "connect_ms": null,
        "tls_ms": null,
        "first_byte_ms": null,
        "attempted_at": NOW,
    }]);
    expected["explanation"] = json!({
        "code": "no_active_key",
        "text": format!(
            "The endpoint had no active encryption key at {NOW}, so nothing could be sent. \
             Register a key, then start a new verification."
        ),
    });
    expected["report"] = json!(null);
    let path = format!("/v1/webhooks/deliveries/{}", new.delivery.id);
    let one = test.send("GET", &path, "").await;
    assert_eq!(one.body, json!({ "data": expected, "error": null }));

    let retried = test.send("POST", &format!("{path}/retry"), "").await;
    assert_eq!(
        (retried.status.as_u16(), retried.code()),
        (409, "WEBHOOK_PAYLOAD_EXPIRED")
    );
    assert!(
        retried.body["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("Payload expired")
    );
    let docs = "https://kayle.id/docs/api/webhooks/deliveries#payload-retention";
    assert_eq!(retried.body["error"]["docs"], docs);
}

#[actix_web::test]
async fn an_event_is_shown_under_both_paths_with_its_deliveries() {
    let test = TestApi::new().await;
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let delivery = test.kit.seed.delivery(&subscriber).await;
    let path = format!("/v1/webhooks/events/{}", delivery.event_id);
    let shown = test.send("GET", &path, "").await;
    let event = json!({
        "id": delivery.event_id.as_str(),
        "type": "verification.session.expired",
        "trigger_type": "verification_session",
        "trigger_id": shown.body["data"]["trigger_id"],
        "created_at": NOW,
        "deliveries": [{
            "id": delivery.id.as_str(),
            "webhook_endpoint_id": subscriber.endpoint.id.as_str(),
            "status": "pending",
            "last_status_code": null,
            "last_failure_reason": null,
            "attempt_count": 0,
            "last_attempt_at": null,
            "payload_expires_at": shown.body["data"]["deliveries"][0]["payload_expires_at"],
            "payload_scrubbed_at": null,
            "payload_retention_reason": "pending_delivery",
        }],
    });
    let listed = test.send("GET", "/v1/webhooks/events", "").await;
    assert_eq!(listed.body["data"], json!([event]));
    let mut event = event;
    event["passed_over"] = json!([]);
    assert_eq!(shown.body, json!({ "data": event, "error": null }));
    let alias = test
        .send("GET", &format!("/v1/events/{}", delivery.event_id), "")
        .await;
    assert_eq!(alias.body, shown.body);

    let replayed = test.send("POST", &format!("{path}/replay"), "").await;
    assert_eq!(replayed.status, 202);
    assert_eq!(replayed.body, shown.body);
}

fn session_view(session: &Session) -> Value {
    let field = |required: bool| json!({ "required": required, "reason": "", "source": "default" });
    let fields = session.share_contract.fields().keys();
    let fields: Value = fields
        .map(|key| (key.to_string(), field(key.as_str() == "kayle_document_id")))
        .collect();
    json!({
        "id": session.id.as_str(),
        "status": "created",
        "failure_code": null,
        "nfc_tries_used": 0,
        "liveness_tries_used": 0,
        "contract_version": 1,
        "share_fields": fields,
        "redirect_url": null,
        "webhook_endpoint_id": null,
        "verification_url": format!("https://verify.kayle.example/{}", session.id),
        "expires_at": "2026-05-05T12:00:00.000Z",
        "completed_at": null,
        "created_at": NOW,
        "updated_at": NOW,
    })
}

#[actix_web::test]
async fn a_session_is_shown_without_its_token() {
    let test = TestApi::new().await;
    let session = test.kit.seed.make.session(&test.organization);
    test.kit.seed.session(&session).await;
    let path = format!("/v1/sessions/{}", session.id);
    let shown = test.send("GET", &path, "").await;
    assert_eq!(
        shown.body,
        json!({ "data": session_view(&session), "error": null })
    );

    let begun = test
        .send("POST", &format!("/internal{path}/begin"), "")
        .await;
    let mut expected = session_view(&session);
    expected["status"] = json!("in_progress");
    assert_eq!(begun.body, json!({ "data": expected, "error": null }));

    let cancelled = test.send("POST", &format!("{path}/cancel"), "").await;
    assert_eq!(
        (cancelled.status.as_u16(), &cancelled.body),
        (204, &Value::Null)
    );
    let begun = test
        .send("POST", &format!("/internal{path}/begin"), "")
        .await;
    assert_eq!((begun.status.as_u16(), begun.code()), (409, "CONFLICT"));
}

#[actix_web::test]
async fn a_created_session_shows_its_token_once() {
    let test = TestApi::new().await;
    let first = test
        .kit
        .seed
        .subscriber(&test.organization)
        .await
        .endpoint
        .id;
    let second = test
        .kit
        .seed
        .subscriber(&test.organization)
        .await
        .endpoint
        .id;
    let body = json!({
        "share_fields": {
            "family_name": { "required": false, "reason": " to greet you " },
        },
        "redirect_url": "https://shop.example/done",
        "webhook_endpoint_id": [second.as_str(), first.as_str(), second.as_str()],
    });
    let answer = test.send("POST", "/v1/sessions", &body.to_string()).await;
    let shown = &answer.body["data"];
    let (id, token) = (
        shown["id"].as_str().unwrap(),
        shown["cancel_token"].as_str().unwrap(),
    );
    assert_eq!(token.len(), 48);
    let url = format!("https://verify.kayle.example/{id}?cancel_token={token}");
    assert_eq!(shown["verification_url"], url);
    assert_eq!(
        shown["webhook_endpoint_id"],
        json!([second.as_str(), first.as_str()])
    );
    assert_eq!(
        shown["share_fields"],
        json!({
            "family_name": { "required": false, "reason": "to greet you", "source": "rc" },
            "kayle_document_id": { "required": true, "reason": "", "source": "default" },
        })
    );
    let later = test.send("GET", &format!("/v1/sessions/{id}"), "").await;
    assert!(later.body["data"].get("cancel_token").is_none());
}

#[actix_web::test]
async fn null_in_a_new_session_is_the_same_as_absent() {
    let test = TestApi::new().await;
    let endpoint = test
        .kit
        .seed
        .subscriber(&test.organization)
        .await
        .endpoint
        .id;
    for body in [
        "",
        "{}",
        r#"{"share_fields":null,"redirect_url":null,"webhook_endpoint_id":null}"#,
    ] {
        let answer = test.send("POST", "/v1/sessions", body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.body["data"]["share_fields"]
                .as_object()
                .unwrap()
                .len(),
            12
        );
    }
    let body = json!({ "webhook_endpoint_id": endpoint.as_str() });
    let answer = test.send("POST", "/v1/sessions", &body.to_string()).await;
    assert_eq!(
        answer.body["data"]["webhook_endpoint_id"],
        endpoint.as_str()
    );
}

#[actix_web::test]
async fn a_report_answers_what_it_caused_and_answers_it_again() {
    let test = TestApi::new().await;
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let session = test.kit.seed.make.session(&test.organization);
    test.kit.seed.session(&session).await;
    let body = json!({
        "attempt_id": "va_01arz3ndekzzzzzzzzzzzzzzzz",
        "outcome": "succeeded",
        "claims": { "kayle_document_id": "doc", "family_name": "Curie", "kayle_human_id": null },
        "selected_field_keys": ["kayle_human_id", "family_name", "kayle_document_id"],
    })
    .to_string();
    let path = format!("/internal/v1/sessions/{}/attempts", session.id);
    let answer = test.send("POST", &path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = &answer.body["data"];
    assert_eq!(
        data["attempt"],
        json!({
            "id": "va_01arz3ndekzzzzzzzzzzzzzzzz",
            "outcome": "succeeded",
            "failure_code": null,
            "created_at": NOW,
        })
    );
    assert_eq!(data["session"]["status"], "succeeded");
    assert_eq!(data["session"]["completed_at"], NOW);
    assert_eq!(data["events"].as_array().unwrap().len(), 1);
    assert_eq!(data["deliveries"].as_array().unwrap().len(), 1);
    let path_of_delivery = format!(
        "/v1/webhooks/deliveries/{}",
        data["deliveries"][0].as_str().unwrap()
    );
    let delivery = test.send("GET", &path_of_delivery, "").await;
    assert_eq!(
        delivery.body["data"]["webhook_encryption_key_id"],
        subscriber.key.id.as_str()
    );

    let again = test.send("POST", &path, &body).await;
    assert_eq!(again.body, answer.body);
    let other = test
        .send("POST", &path, &body.replace("Curie", "Curry"))
        .await;
    assert_eq!((other.status.as_u16(), other.code()), (409, "CONFLICT"));
}

#[actix_web::test]
async fn the_greeting_says_what_this_is() {
    let test = TestApi::new().await;
    let data = json!({
        "message": "Hello from Kayle ID!",
        "docs": "https://docs.kayle.id",
        "status": "healthy",
    });
    let answer = test.call(crate::testing::request("GET", "/")).await;
    assert_eq!(answer.body, json!({ "data": data, "error": null }));
}
