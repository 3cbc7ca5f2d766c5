//! The service's HTTP API as one of its callers sees it.

use anyhow::{Context, ensure};
use kayle_crypto::PrivateKey;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// One caller: the service's address and a credential.
pub(crate) struct Api {
    client: Client,
    url: String,
    token: String,
}

impl Api {
    pub(crate) fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        // A proxy from the environment would be asked for 127.0.0.1.
        let client = Client::builder().no_proxy().build();
        Ok(Self {
            client: client.context("cannot make an HTTP client")?,
            url: url.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Returns the `data` of the answer to a GET.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// Returns the `data` of the answer to a POST without a body.
    pub(crate) async fn post_empty(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::POST, path, None).await
    }

    /// Returns the `data` of the answer to a POST.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Registers the public half of a key with an endpoint, under this label.
    pub(crate) async fn register_key(
        &self,
        endpoint_id: &str,
        key_id: &str,
        key: &PrivateKey,
    ) -> anyhow::Result<Value> {
        let public = key.public_jwk_members();
        let key = json!({
            "key_id": key_id,
            "algorithm": "RSA-OAEP-256",
            "key_type": "RSA",
            "jwk": { "kty": "RSA", "n": public.n, "e": public.e },
        });
        let path = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");
        self.post(&path, &key).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let asked = format!("{method} {path}");
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await;
        let answer = answer.with_context(|| format!("{asked} got no answer"))?;
        let status = answer.status();
        let envelope: Value = answer
            .json()
            .await
            .with_context(|| format!("{asked} answered {status} without JSON"))?;
        ensure!(
            status.is_success(),
            "{asked} answered {status}: {}",
            envelope["error"]
        );
        Ok(envelope["data"].clone())
    }
}

/// Returns the text at a JSON pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("the answer has no text at {pointer}"))
}
