//! Changes of an endpoint, its secret and its keys while a delivery is under way (contract 7.9).

use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::customer::register_key;
use crate::support::{Answer, Customer, Installation, text};

fn endpoint_path(customer: &Customer) -> String {
    format!("/v1/webhooks/endpoints/{}", customer.endpoint_id)
}

async fn patch(installation: &Installation, customer: &Customer, change: &Value) -> Answer {
    let request = installation
        .api()
        .request(Method::PATCH, &endpoint_path(customer));
    send(request.json(change)).await
}

/// Registers a receiver whose first answer, a refusal, waits for its release.
async fn slow(installation: &Installation) -> Customer {
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(500)]);
    Customer::register(installation.api(), behaviour).await
}

/// Waits for as long as another endpoint's delivery takes three attempts, each a second later:
/// whatever else was due in that time has been tried.
async fn two_attempts_later(installation: &Installation, watched: &Customer) {
    let behaviour = Behaviour::script([Reaction::Status(500), Reaction::Status(500)]);
    let neighbour = Customer::register(installation.api(), behaviour).await;
    let session = json!({ "webhook_endpoint_id": neighbour.endpoint_id });
    let session = installation.open_session(&session).await;
    let success = crate::support::report::success();
    let reported = installation.report(text(&session, "/id"), &success).await;
    reported.data();
    neighbour.requests(3).await;
    assert_eq!(watched.receiver.received().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_disabled_endpoints_delivery_waits_and_goes_on_when_it_is_enabled() {
    let installation = Installation::start(&[]).await;
    let customer = slow(&installation).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    let disabled = patch(&installation, &customer, &json!({ "enabled": false })).await;
    assert!(disabled.data()["disabled_at"].is_string());
    customer.receiver.release();
    two_attempts_later(&installation, &customer).await;
    let held = installation.delivery(&delivery_id).await;
    assert_eq!(
        (&held["status"], &held["attempt_count"]),
        (&json!("pending"), &json!(1))
    );

    let enabled = patch(&installation, &customer, &json!({ "enabled": true })).await;
    assert_eq!(enabled.data()["disabled_at"], Value::Null);
    let delivered = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivered["attempt_count"], 2, "the pause was no attempt");
}

#[tokio::test]
async fn a_deleted_endpoint_is_missing_and_its_deliveries_end() {
    let installation = Installation::start(&[]).await;
    let customer = slow(&installation).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    let api = installation.api();
    let delete = async || send(api.request(Method::DELETE, &endpoint_path(&customer))).await;
    let deleted = delete().await.data();
    assert_eq!(deleted["status"], "success");
    assert!(deleted["message"].is_string());
    delete().await.expect_refusal(404, "NOT_FOUND");
    customer.receiver.release();
    two_attempts_later(&installation, &customer).await;

    let delivery = installation.delivery(&delivery_id).await;
    assert_eq!(delivery["status"], "failed");
    assert_eq!(delivery["payload_retention_reason"], "expired");
    assert!(delivery["payload_scrubbed_at"].is_string());
    let retry = format!("/v1/webhooks/deliveries/{delivery_id}/retry");
    let retried = api.post_empty(&retry).await;
    retried.expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
    let replay = format!(
        "/v1/webhooks/events/{}/replay",
        text(&delivery, "/event_id")
    );
    let replayed = api.post_empty(&replay).await;
    replayed.expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
    let listed = api.list("/v1/webhooks/deliveries").await;
    assert!(listed.iter().any(|listed| listed["id"] == *delivery_id));

    let path = endpoint_path(&customer);
    api.get(&path).await.expect_refusal(404, "NOT_FOUND");
    let changed = patch(&installation, &customer, &json!({ "enabled": true })).await;
    changed.expect_refusal(404, "NOT_FOUND");
    for secret in ["reveal", "rotate"] {
        let path = format!("{path}/signing-secret/{secret}");
        api.post_empty(&path).await.expect_refusal(404, "NOT_FOUND");
    }
    let keys = api.get(&format!("{path}/keys")).await;
    assert_eq!(keys.data(), json!([]));
}

#[tokio::test]
async fn after_a_rotation_the_next_attempt_carries_the_new_secret() {
    let installation = Installation::start(&[]).await;
    let customer = slow(&installation).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    let path = format!("{}/signing-secret/rotate", endpoint_path(&customer));
    let rotated = installation.api().post_empty(&path).await.data();
    customer.receiver.release();
    installation.delivery_in("succeeded", &delivery_id).await;

    let requests = customer.requests(2).await;
    let rotated = text(&rotated, "/signing_secret");
    assert_ne!(rotated, customer.signing_secret);
    assert!(requests[0].verify(&customer.signing_secret).is_ok());
    assert!(requests[1].verify(rotated).is_ok());
    assert!(requests[1].verify(&customer.signing_secret).is_err());
    assert_eq!(requests[0].body, requests[1].body);
}

#[tokio::test]
async fn after_a_key_change_what_was_encrypted_before_stays_readable_with_the_old_key() {
    let installation = Installation::start(&[]).await;
    let customer = slow(&installation).await;
    let first = installation.deliver_success().await;
    customer.requests(1).await;
    let new_key = PrivateKey::generate();
    register_key(installation.api(), &customer.endpoint_id, &new_key).await;
    customer.receiver.release();
    installation.delivery_in("succeeded", &first).await;
    let second = installation.deliver_success().await;
    installation.delivery_in("succeeded", &second).await;

    let requests = customer.requests(3).await;
    for request in &requests[..2] {
        assert!(request.decrypt(&customer.key).is_ok());
        assert!(request.decrypt(&new_key).is_err());
    }
    assert!(requests[2].decrypt(&new_key).is_ok());
    let old_key = installation.delivery(&first).await;
    let new_key = installation.delivery(&second).await;
    let member = "webhook_encryption_key_id";
    assert_ne!(old_key[member], new_key[member]);
}

#[tokio::test]
async fn a_key_that_is_out_of_use_encrypts_nothing_until_it_is_back() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let keys = api.get(&format!("{}/keys", endpoint_path(&customer))).await;
    let keys = keys.data();
    let key_path = format!("/v1/webhooks/keys/{}", text(&keys, "/0/id"));
    for _ in 0..2 {
        let off = api.post_empty(&format!("{key_path}/deactivate")).await;
        assert_eq!(off.data()["is_active"], false);
    }
    let missed = installation.deliver_success().await;
    let missed = installation.delivery(&missed).await;
    assert_eq!(missed["payload_retention_reason"], "no_active_key");
    for _ in 0..2 {
        let on = api.post_empty(&format!("{key_path}/reactivate")).await;
        assert_eq!(on.data()["is_active"], true);
    }
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(customer.requests(1).await.len(), 1);
}
