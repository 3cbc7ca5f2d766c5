//! What belongs to another organization does not exist.

use kayle_testkit::receiver::Behaviour;
use serde_json::json;

use crate::support::customer::registration;
use crate::support::{Customer, Installation, Organization, text};

#[tokio::test]
async fn a_foreign_resource_is_a_missing_one() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    let event_id = text(&delivery, "/event_id");
    let session_id = installation.session_id().await;
    let endpoint_id = &customer.endpoint_id;
    let stranger = Organization::create(&installation.service, "A stranger")
        .await
        .api;

    for path in [
        format!("/v1/webhooks/endpoints/{endpoint_id}"),
        format!("/v1/webhooks/deliveries/{delivery_id}"),
        format!("/v1/webhooks/events/{event_id}"),
        format!("/v1/events/{event_id}"),
        format!("/v1/sessions/{session_id}"),
    ] {
        stranger.get(&path).await.expect_refusal(404, "NOT_FOUND");
    }
    for path in [
        format!("/v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal"),
        format!("/v1/webhooks/deliveries/{delivery_id}/retry"),
        format!("/v1/webhooks/events/{event_id}/replay"),
        format!("/v1/events/{event_id}/replay"),
        format!("/v1/sessions/{session_id}/cancel"),
    ] {
        stranger
            .post_empty(&path)
            .await
            .expect_refusal(404, "NOT_FOUND");
    }
    let keys = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");
    let added = stranger.post(&keys, &registration(&customer.key)).await;
    added.expect_refusal(404, "NOT_FOUND");
    let targeted = json!({ "webhook_endpoint_id": endpoint_id });
    let targeted = stranger.post("/v1/sessions", &targeted).await;
    targeted.expect_refusal(400, "WEBHOOK_ENDPOINT_UNAVAILABLE");

    for list in [
        "/v1/webhooks/endpoints",
        &keys,
        "/v1/webhooks/deliveries",
        &format!("/v1/webhooks/deliveries?endpoint_id={endpoint_id}"),
        &format!("/v1/webhooks/deliveries?event_id={event_id}"),
        "/v1/webhooks/events",
        "/v1/sessions",
    ] {
        assert_eq!(stranger.get(list).await.data(), json!([]), "{list}");
    }
    for cursor in [
        format!("/v1/webhooks/endpoints?starting_after={endpoint_id}"),
        format!("/v1/webhooks/deliveries?starting_after={delivery_id}"),
        format!("/v1/webhooks/events?starting_after={event_id}"),
    ] {
        stranger
            .get(&cursor)
            .await
            .expect_refusal(400, "INVALID_REQUEST");
    }
}
