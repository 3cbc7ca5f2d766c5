//! Something to look at in the dashboard: an endpoint that works, one that fails, and one that is
//! paused, with what happened to them.

use std::sync::Arc;

use anyhow::Context;
use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::{Behaviour, Reaction, Receiver, WallClock};
use serde_json::json;

use super::Cast;
use super::verification::succeeded_delivery;
use crate::demo::customer::KEY_ID;
use crate::demo::screen::Screen;
use crate::service::Service;
use crate::service::api::text;

/// How many verifications end: enough to see a pattern.
const VERIFICATIONS: usize = 6;

/// Makes it, and shows the way in. The server that fails answers for as long as it is held.
pub(super) async fn tell(
    screen: &mut Screen,
    service: &Service,
    cast: &Cast,
) -> anyhow::Result<Receiver> {
    screen.step("The dashboard: one endpoint works, one fails, one is paused");
    let failing = Receiver::start(
        Arc::new(WallClock),
        Behaviour::always(Reaction::Status(503)),
    );
    let failing = failing.await.context("the failing server has no port")?;
    let endpoint =
        json!({ "name": "A server that is down", "url": failing.url("/webhooks/kayle") });
    register(cast, &endpoint).await?;
    let endpoint =
        json!({ "name": "A server that is moving", "url": cast.customer.url, "enabled": false });
    register(cast, &endpoint).await?;
    for _ in 0..VERIFICATIONS {
        end_a_verification(cast).await?;
    }
    screen.line(
        "sign in, once",
        service.sign_in_url(&cast.organization_id).await?,
    );
    Ok(failing)
}

/// Makes an endpoint with a key of its own.
async fn register(cast: &Cast, endpoint: &serde_json::Value) -> anyhow::Result<()> {
    let created = cast.api.post("/v1/webhooks/endpoints", endpoint).await?;
    let id = text(&created, "/endpoint/id")?;
    cast.api
        .register_key(id, KEY_ID, &PrivateKey::generate())
        .await?;
    Ok(())
}

/// Has a verification succeed that every enabled endpoint is told of.
async fn end_a_verification(cast: &Cast) -> anyhow::Result<()> {
    let session = cast.api.post_empty("/v1/sessions").await?;
    let report = json!({
        "outcome": "succeeded",
        "claims": { "kayle_document_id": "doc-5d20c6e9b1f74a83" },
        "selected_field_keys": ["kayle_document_id"],
    });
    let path = format!("/internal/v1/sessions/{}/attempts", text(&session, "/id")?);
    let reported = cast.intake.post(&path, &report).await?;
    let deliveries = reported["deliveries"].as_array().map_or(0, Vec::len);
    for place in 0..deliveries {
        let id = text(&reported, &format!("/deliveries/{place}"))?;
        let delivery = super::verification::delivery(&cast.api, id).await?;
        if text(&delivery, "/webhook_endpoint_id")? == cast.customer.endpoint_id {
            succeeded_delivery(&cast.api, id).await?;
        }
    }
    Ok(())
}
