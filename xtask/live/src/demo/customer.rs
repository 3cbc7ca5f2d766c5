//! A customer: a server that receives, and what it needs to verify and read.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::{Behaviour, OpenedEvent, ReceivedRequest, Receiver, WallClock};
use serde_json::json;

use crate::service::api::{Api, text};

/// A customer whose endpoint and encryption key are registered.
pub(super) struct Customer {
    pub(super) endpoint_id: String,
    pub(super) url: String,
    pub(super) signing_secret: String,
    pub(super) receiver: Receiver,
    key: PrivateKey,
}

/// The label under which every customer of the demo registers its key.
pub(super) const KEY_ID: &str = "demo-key-1";

const PATH: &str = "/webhooks/kayle";

impl Customer {
    /// Starts the customer's server, registers it as an endpoint, and a fresh RSA key with it.
    pub(super) async fn register(
        api: &Api,
        name: &str,
        behaviour: Behaviour,
    ) -> anyhow::Result<Self> {
        let receiver = Receiver::start(Arc::new(WallClock), behaviour).await;
        let receiver = receiver.context("the customer's server has no port")?;
        let url = receiver.url(PATH);
        let endpoint = json!({ "name": name, "url": url, "retry_schedule": "short" });
        let created = api.post("/v1/webhooks/endpoints", &endpoint).await?;
        let customer = Self {
            endpoint_id: text(&created, "/endpoint/id")?.to_owned(),
            url,
            signing_secret: text(&created, "/signing_secret")?.to_owned(),
            receiver,
            key: PrivateKey::generate(),
        };
        api.register_key(&customer.endpoint_id, KEY_ID, &customer.key)
            .await?;
        Ok(customer)
    }

    /// Waits until this many requests have come in all, and returns all that have.
    pub(super) async fn wait_for(&self, requests: usize) -> anyhow::Result<Vec<ReceivedRequest>> {
        /// The longest wait is for the short schedule's three attempts; a slow machine gets more.
        const PATIENCE: Duration = Duration::from_secs(20);
        let received = self.receiver.wait_for(requests, PATIENCE).await;
        received.context("the customer's server waits in vain")
    }

    /// Verifies the signature, then decrypts; in this order, as every customer should.
    pub(super) fn open(&self, request: &ReceivedRequest) -> anyhow::Result<OpenedEvent> {
        request.verify(&self.signing_secret)?;
        Ok(request.decrypt(&self.key)?)
    }
}
