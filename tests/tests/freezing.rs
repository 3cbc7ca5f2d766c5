//! An organization whose deletion is pending, and back.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::json;

use crate::support::report::{attempts_path, success};
use crate::support::{Customer, Installation, Organization, text};

#[tokio::test]
async fn a_frozen_organizations_keys_are_refused_everywhere_until_it_is_unfrozen() {
    let installation = Installation::start(&[]).await;
    let service = &installation.service;
    service
        .admin(&["organization", "freeze", &installation.organization.id])
        .await;

    for path in [
        "/v1/webhooks/endpoints",
        "/v1/webhooks/endpoints?limit=nonsense",
        "/v1/webhooks/endpoints/whe_unknown/keys",
        "/v1/webhooks/deliveries",
        "/v1/webhooks/deliveries/whd_unknown",
        "/v1/webhooks/events",
        "/v1/events",
        "/v1/sessions",
    ] {
        installation
            .api()
            .get(path)
            .await
            .expect_refusal(410, "ORGANIZATION_FROZEN");
    }
    for path in [
        "/v1/webhooks/endpoints",
        "/v1/webhooks/endpoints/whe_unknown/keys",
        "/v1/webhooks/endpoints/whe_unknown/signing-secret/reveal",
        "/v1/webhooks/deliveries/whd_unknown/retry",
        "/v1/webhooks/events/evt_unknown/replay",
        "/v1/sessions",
    ] {
        let answer = installation.api().post(path, &json!({})).await;
        answer.expect_refusal(410, "ORGANIZATION_FROZEN");
    }

    service
        .admin(&["organization", "unfreeze", &installation.organization.id])
        .await;
    installation
        .api()
        .get("/v1/webhooks/endpoints")
        .await
        .data();
}

#[tokio::test]
async fn a_frozen_organizations_deliveries_pause_and_go_on() {
    let installation = Installation::start(&[]).await;
    let service = &installation.service;
    let organization_id = &installation.organization.id;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(500)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;

    // Frozen while its request is in flight; a second later it would be tried again.
    service
        .admin(&["organization", "freeze", organization_id])
        .await;
    customer.receiver.release();

    // Meanwhile another organization's delivery takes two attempts, each a second later.
    let neighbour = Organization::create(service, "A neighbour").await;
    let behaviour = Behaviour::script([Reaction::Status(500), Reaction::Status(500)]);
    let neighbours = Customer::register(&neighbour.api, behaviour).await;
    let session = neighbour.api.post_empty("/v1/sessions").await.data();
    let path = attempts_path(text(&session, "/id"));
    installation.intake.post(&path, &success()).await.data();
    neighbours.requests(3).await;
    assert_eq!(
        customer.receiver.received().len(),
        1,
        "the frozen one's delivery waits"
    );

    service
        .admin(&["organization", "unfreeze", organization_id])
        .await;
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(
        delivery["attempt_count"], 2,
        "the pause counts as no attempt"
    );
}
