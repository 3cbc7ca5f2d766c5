//! A session of one person, and the reports about it.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use super::Cast;
use crate::service::api::{Api, text};

/// A session that was opened for one person.
pub(super) struct Verification {
    pub(super) session_id: String,
    pub(super) cancel_token: String,
    pub(super) claims: Claims,
}

/// What a person's document says, as claim keys and values.
pub(super) type Claims = &'static [(&'static str, &'static str)];

impl Verification {
    /// Opens a session that asks for all of these claims, for this endpoint only.
    pub(super) async fn open(
        cast: &Cast,
        claims: Claims,
        endpoint_id: &str,
    ) -> anyhow::Result<Self> {
        let share_fields: Map<_, _> = claims
            .iter()
            .map(|(key, _)| {
                let asked = json!({ "required": true, "reason": "To know who you are" });
                ((*key).to_owned(), asked)
            })
            .collect();
        let session = json!({ "share_fields": share_fields, "webhook_endpoint_id": endpoint_id });
        let session = cast.api.post("/v1/sessions", &session).await?;
        Ok(Self {
            session_id: text(&session, "/id")?.to_owned(),
            cancel_token: text(&session, "/cancel_token")?.to_owned(),
            claims,
        })
    }

    /// Reports that the person has begun.
    pub(super) async fn begin(&self, cast: &Cast) -> anyhow::Result<Value> {
        let path = format!("/internal/v1/sessions/{}/begin", self.session_id);
        cast.intake.post_empty(&path).await
    }

    /// Reports an attempt that failed.
    pub(super) async fn report_failure(&self, cast: &Cast, code: &str) -> anyhow::Result<Value> {
        let attempt = json!({ "outcome": "failed", "failure_code": code });
        cast.intake.post(&self.attempts_path(), &attempt).await
    }

    /// Reports an attempt that succeeded, with every claim.
    pub(super) async fn report_success(&self, cast: &Cast) -> anyhow::Result<Value> {
        let claims: Map<_, _> = self
            .claims
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        let attempt = json!({
            "outcome": "succeeded",
            "selected_field_keys": claims.keys().collect::<Vec<_>>(),
            "claims": claims,
        });
        cast.intake.post(&self.attempts_path(), &attempt).await
    }

    pub(super) fn attempts_path(&self) -> String {
        format!("/internal/v1/sessions/{}/attempts", self.session_id)
    }
}

pub(super) async fn delivery(api: &Api, delivery_id: &str) -> anyhow::Result<Value> {
    api.get(&format!("/v1/webhooks/deliveries/{delivery_id}"))
        .await
}

/// Returns the delivery once it has succeeded. The service learns of the customer's answer when the
/// customer has given it, and writes it down a moment later.
pub(super) async fn succeeded_delivery(api: &Api, delivery_id: &str) -> anyhow::Result<Value> {
    const PATIENCE: Duration = Duration::from_secs(10);
    const LOOK_AGAIN: Duration = Duration::from_millis(20);
    let looking = async {
        loop {
            let row = delivery(api, delivery_id).await?;
            match text(&row, "/status")? {
                "succeeded" => return Ok(row),
                "failed" => bail!("the delivery failed"),
                _ => sleep(LOOK_AGAIN).await,
            }
        }
    };
    let looked = timeout(PATIENCE, looking).await;
    looked.context("the delivery did not succeed in time")?
}
