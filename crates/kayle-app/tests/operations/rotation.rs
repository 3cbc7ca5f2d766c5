//! Replacing a signing secret.

use std::time::Duration;

use kayle_app::Missing;
use kayle_app::ports::sender::SendRequest;
use kayle_crypto::verify_signature;
use kayle_endpoints::SigningSecret;
use kayle_primitives::EndpointId;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{caller_of, requests, turn};

async fn scene() -> (TestWebhooks, Subscriber) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    (kit, subscriber)
}

async fn reveal(kit: &TestWebhooks, subscriber: &Subscriber) -> SigningSecret {
    let caller = caller_of(subscriber.organization.id);
    let revealed = kit
        .webhooks
        .reveal_signing_secret(&caller, &subscriber.endpoint.id);
    revealed.await.expect("it can be opened")
}

async fn rotate(kit: &TestWebhooks, subscriber: &Subscriber) -> SigningSecret {
    let caller = caller_of(subscriber.organization.id);
    let rotated = kit
        .webhooks
        .rotate_signing_secret(&caller, &subscriber.endpoint.id);
    rotated.await.expect("the endpoint is there")
}

fn is_signed_with(kit: &TestWebhooks, request: &SendRequest, secret: &SigningSecret) -> bool {
    let body = request.jwe.as_str().as_bytes();
    let now = kit.webhooks.now();
    verify_signature(secret.expose(), &request.signature, body, now).is_ok()
}

#[tokio::test]
async fn the_answer_is_the_secret_from_then_on() {
    let (kit, subscriber) = scene().await;
    let old = reveal(&kit, &subscriber).await;
    let new = rotate(&kit, &subscriber).await;
    assert_ne!(new, old);
    assert_eq!(new.expose().len(), 38);
    assert_eq!(reveal(&kit, &subscriber).await, new);
}

#[tokio::test]
async fn the_next_attempt_of_a_waiting_delivery_is_signed_with_the_new_secret() {
    let (kit, subscriber) = scene().await;
    let script = [Answer::status(500)];
    kit.sender
        .script(subscriber.endpoint.url.as_submitted(), script);
    kit.seed.delivery(&subscriber).await;
    let old = reveal(&kit, &subscriber).await;
    let first = turn(&kit).await.remove(0);
    assert!(is_signed_with(&kit, &first, &old));

    let new = rotate(&kit, &subscriber).await;
    kit.clock.advance(Duration::from_secs(5));
    let second = requests(&kit).await.remove(0);
    assert!(is_signed_with(&kit, &second, &new));
    assert!(!is_signed_with(&kit, &second, &old));
    assert_eq!(second.jwe, first.jwe);
}

#[tokio::test]
async fn the_row_changes_at_the_moment_of_the_rotation() {
    let (kit, subscriber) = scene().await;
    let rotated_at = kit.clock.advance(Duration::from_secs(1));
    rotate(&kit, &subscriber).await;
    let id = &subscriber.endpoint.id;
    let stored = kit.webhooks.get_endpoint(subscriber.organization.id, id);
    assert_eq!(stored.await.unwrap().unwrap().updated_at, rotated_at);
}

#[tokio::test]
async fn a_foreign_or_unknown_endpoint_keeps_its_secret() {
    let (kit, subscriber) = scene().await;
    let before = reveal(&kit, &subscriber).await;
    let stranger = kit.seed.organization().await;
    let unknown = EndpointId::parse("whe_unknown").unwrap();
    for (organization, id) in [
        (&stranger, &subscriber.endpoint.id),
        (&subscriber.organization, &unknown),
    ] {
        let caller = caller_of(organization.id);
        let refused = kit.webhooks.rotate_signing_secret(&caller, id).await;
        assert!(matches!(refused, Err(Missing::NotFound { .. })));
    }
    assert_eq!(reveal(&kit, &subscriber).await, before);
}
