//! A customer's server and what it needs to verify and read.

use std::sync::Arc;

use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::{Behaviour, ReceivedRequest, Receiver, WallClock};
use serde_json::{Value, json};

use super::{Api, PATIENCE, text};

/// A receiver that is registered as an endpoint, with an encryption key.
pub(crate) struct Customer {
    pub(crate) endpoint_id: String,
    pub(crate) signing_secret: String,
    pub(crate) receiver: Receiver,
    pub(crate) key: PrivateKey,
}

/// The label of every customer's encryption key.
pub(crate) const KEY_ID: &str = "customer-key-1";

impl Customer {
    /// Registers a receiver as an endpoint on the short schedule, and a fresh key with it.
    pub(crate) async fn register(api: &Api, behaviour: Behaviour) -> Self {
        Self::register_with(api, behaviour, json!({ "retry_schedule": "short" })).await
    }

    /// Registers a receiver as an endpoint with these members besides its URL, and a fresh key.
    pub(crate) async fn register_with(api: &Api, behaviour: Behaviour, endpoint: Value) -> Self {
        let customer = Self::without_key(api, behaviour, endpoint).await;
        register_key(api, &customer.endpoint_id, &customer.key).await;
        customer
    }

    /// Registers a receiver as an endpoint and forgets about the key.
    pub(crate) async fn without_key(api: &Api, behaviour: Behaviour, mut endpoint: Value) -> Self {
        let receiver = Receiver::start(Arc::new(WallClock), behaviour).await;
        let receiver = receiver.expect("a loopback port is free");
        endpoint["url"] = json!(receiver.url("/webhooks/kayle?tenant=1"));
        let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
        Self {
            endpoint_id: text(&created, "/endpoint/id").to_owned(),
            signing_secret: text(&created, "/signing_secret").to_owned(),
            receiver,
            key: PrivateKey::generate(),
        }
    }

    /// Waits until this many requests have come in all, and returns all that have.
    pub(crate) async fn requests(&self, wanted: usize) -> Vec<ReceivedRequest> {
        let received = self.receiver.wait_for(wanted, PATIENCE).await;
        received.expect("the service delivers")
    }

    /// Verifies the signature, then decrypts; in this order, as every customer should.
    pub(crate) fn open(&self, request: &ReceivedRequest) -> Value {
        let verified = request.verify(&self.signing_secret);
        verified.expect("the request is signed with the endpoint's secret");
        let opened = request.decrypt(&self.key);
        let opened = opened.expect("the body is encrypted for the endpoint's key");
        assert_eq!(opened.key_id, KEY_ID);
        opened.event
    }
}

/// Registers the public half of a key with an endpoint.
pub(crate) async fn register_key(api: &Api, endpoint_id: &str, key: &PrivateKey) {
    let path = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");
    api.post(&path, &registration(key)).await.data();
}

/// What a customer sends to register the public half of a key.
pub(crate) fn registration(key: &PrivateKey) -> Value {
    let public = key.public_jwk_members();
    json!({
        "key_id": KEY_ID,
        "algorithm": "RSA-OAEP-256",
        "key_type": "RSA",
        "jwk": { "kty": "RSA", "n": public.n, "e": public.e },
    })
}
