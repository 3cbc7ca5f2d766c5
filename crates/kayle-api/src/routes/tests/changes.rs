//! What an endpoint and its keys are after a change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{Answer, TestApi};

const NOW: &str = "2026-05-05T11:00:00.000Z";
const LATER: &str = "2026-05-05T11:00:01.000Z";

async fn made_endpoint(test: &TestApi) -> (String, Value) {
    let body = json!({ "url": "https://a.example/", "name": "a", "labels": ["x"] });
    let created = test
        .send("POST", "/v1/webhooks/endpoints", &body.to_string())
        .await;
    let endpoint = created.body["data"]["endpoint"].clone();
    let path = format!(
        "/v1/webhooks/endpoints/{}",
        endpoint["id"].as_str().unwrap()
    );
    (path, endpoint)
}

async fn patch(test: &TestApi, path: &str, change: &Value) -> Answer {
    test.send("PATCH", path, &change.to_string()).await
}

#[actix_web::test]
async fn a_change_replaces_the_given_members_and_no_other() {
    let test = TestApi::new().await;
    let (path, mut expected) = made_endpoint(&test).await;
    test.kit.clock.advance(Duration::from_secs(1));
    expected["updated_at"] = json!(LATER);
    for (member, given, shown) in [
        ("name", json!(" b "), json!("b")),
        ("name", json!(null), json!(null)),
        ("labels", json!([]), json!([])),
        (
            "url",
            json!("https://B.example"),
            json!("https://B.example"),
        ),
        ("subscribed_event_types", json!([]), json!([])),
        ("undelivered_payload_retention_hours", json!(0), json!(0)),
        ("retry_schedule", json!("short"), json!("short")),
    ] {
        let answer = patch(&test, &path, &json!({ member: given, "unknown": 1 })).await;
        expected[member] = shown;
        assert_eq!(
            answer.body,
            json!({ "data": expected, "error": null }),
            "{member}"
        );
        assert_eq!(test.send("GET", &path, "").await.body, answer.body);
    }
}

#[actix_web::test]
async fn disabling_says_when_and_enabling_forgets_it() {
    let test = TestApi::new().await;
    let (path, _) = made_endpoint(&test).await;
    test.kit.clock.advance(Duration::from_secs(1));
    let disabled = patch(&test, &path, &json!({ "enabled": false })).await;
    assert_eq!(disabled.body["data"]["enabled"], false);
    assert_eq!(disabled.body["data"]["disabled_at"], LATER);
    let enabled = patch(&test, &path, &json!({ "enabled": true })).await;
    assert_eq!(enabled.body["data"]["enabled"], true);
    assert_eq!(enabled.body["data"]["disabled_at"], Value::Null);
}

#[actix_web::test]
async fn a_deleted_endpoint_is_missing_everywhere() {
    let test = TestApi::new().await;
    let (path, _) = made_endpoint(&test).await;
    let deleted = test.send("DELETE", &path, "").await;
    let data = json!({ "message": "endpoint deleted", "status": "success" });
    assert_eq!(deleted.status, 200);
    assert_eq!(deleted.body, json!({ "data": data, "error": null }));
    let change = json!({ "name": "x" }).to_string();
    for (method, path, body) in [
        ("DELETE", path.clone(), ""),
        ("GET", path.clone(), ""),
        ("PATCH", path.clone(), change.as_str()),
        ("POST", format!("{path}/signing-secret/reveal"), ""),
        ("POST", format!("{path}/signing-secret/rotate"), ""),
    ] {
        let answer = test.send(method, &path, body).await;
        let found = (answer.status.as_u16(), answer.code());
        assert_eq!(found, (404, "NOT_FOUND"), "{method} {path}");
    }
    let listed = test.send("GET", "/v1/webhooks/endpoints", "").await;
    assert_eq!(listed.body["data"], json!([]));
}

#[actix_web::test]
async fn a_rotated_secret_is_another_one_that_can_be_revealed() {
    let test = TestApi::new().await;
    let (path, endpoint) = made_endpoint(&test).await;
    let reveal = format!("{path}/signing-secret/reveal");
    let before = test.send("POST", &reveal, "").await;
    let rotated = test
        .send("POST", &format!("{path}/signing-secret/rotate"), "")
        .await;
    let secret = rotated.body["data"]["signing_secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 38);
    let data = json!({ "endpoint_id": endpoint["id"], "signing_secret": secret });
    assert_eq!(rotated.body, json!({ "data": data, "error": null }));
    assert_ne!(rotated.body, before.body);
    assert_eq!(test.send("POST", &reveal, "").await.body, rotated.body);
}

#[actix_web::test]
async fn an_owner_reveals_what_an_admin_rotated() {
    let test = TestApi::new().await;
    let (path, _) = made_endpoint(&test).await;
    let rotate = format!("{path}/signing-secret/rotate");
    let rotated = test.send_as_person("admin", "POST", &rotate, "").await;
    assert_eq!(rotated.status, 200);
    let reveal = format!("{path}/signing-secret/reveal");
    assert_eq!(
        test.send_as_person("admin", "POST", &reveal, "")
            .await
            .status,
        403
    );
    let revealed = test.send_as_person("owner", "POST", &reveal, "").await;
    assert_eq!(revealed.body, rotated.body);
}

#[actix_web::test]
async fn a_key_is_taken_out_of_use_and_put_back() {
    let test = TestApi::new().await;
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let first = subscriber.key.id.to_string();
    let path = |id: &str, verb: &str| format!("/v1/webhooks/keys/{id}/{verb}");
    test.kit.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        let answer = test.send("POST", &path(&first, "deactivate"), "").await;
        let key = json!({
            "id": first,
            "webhook_endpoint_id": subscriber.endpoint.id.as_str(),
            "key_id": subscriber.key.key_id.as_str(),
            "algorithm": "RSA-OAEP-256",
            "key_type": "RSA",
            "jwk": {
                "alg": "RSA-OAEP-256",
                "e": subscriber.key.jwk.e,
                "key_ops": ["encrypt"],
                "kty": "RSA",
                "n": subscriber.key.jwk.n,
            },
            "thumbprint": subscriber.key.jwk.thumbprint(),
            "bits": 2048,
            "is_active": false,
            "retained_deliveries": 0,
            "proven_at": null,
            "proven_by": null,
            "created_at": NOW,
            "updated_at": LATER,
            "disabled_at": LATER,
        });
        assert_eq!(answer.body, json!({ "data": key, "error": null }));
    }
    let second = test.kit.seed.make.encryption_key(&subscriber.endpoint);
    test.kit.seed.key(&second).await;
    for _ in 0..2 {
        let answer = test.send("POST", &path(&first, "reactivate"), "").await;
        assert_eq!(answer.body["data"]["is_active"], true);
        assert_eq!(answer.body["data"]["disabled_at"], Value::Null);
    }
    let keys = format!("/v1/webhooks/endpoints/{}/keys", subscriber.endpoint.id);
    let active = test
        .send("GET", &format!("{keys}?is_active=true"), "")
        .await;
    assert_eq!(active.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(active.body["data"][0]["id"], json!(first));
}

#[actix_web::test]
async fn an_unknown_key_is_not_found() {
    let test = TestApi::new().await;
    for verb in ["deactivate", "reactivate"] {
        let path = format!("/v1/webhooks/keys/whk_unknown/{verb}");
        let answer = test.send("POST", &path, "").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"));
        let docs = format!("https://kayle.id/docs/api/webhooks/keys#{verb}");
        assert_eq!(answer.body["error"]["docs"], docs);
    }
}
