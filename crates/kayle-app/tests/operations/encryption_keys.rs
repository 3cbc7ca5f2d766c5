//! Registering encryption keys.

use kayle_app::access::Caller;
use std::sync::Arc;

use kayle_app::encryption_keys::{NewEncryptionKey, RegisterKeyError};
use kayle_endpoints::{EncryptionKey, InvalidJwk, KeyId};
use kayle_primitives::{EndpointId, Organization};
use kayle_testkit::builders::private_key;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::{Value, json};

use crate::world::{at_once, first_page};

fn usable() -> Value {
    let public = private_key().public_jwk_members();
    json!({ "kty": "RSA", "n": public.n, "e": public.e })
}

fn named(key_id: &str, jwk: Value) -> NewEncryptionKey {
    NewEncryptionKey {
        key_id: KeyId::parse(key_id).expect("it is short"),
        jwk: serde_json::from_value(jwk).expect("a JWK is an object"),
        activate: true,
    }
}

async fn register(
    kit: &TestWebhooks,
    organization: &Organization,
    endpoint_id: &EndpointId,
    new: NewEncryptionKey,
) -> Result<EncryptionKey, RegisterKeyError> {
    let caller = Caller::system(organization.id);
    kit.webhooks
        .register_encryption_key(&caller, endpoint_id, new)
        .await
}

async fn keys(
    kit: &TestWebhooks,
    subscriber: &Subscriber,
    is_active: Option<bool>,
) -> Vec<EncryptionKey> {
    let (organization, endpoint) = (subscriber.organization.id, &subscriber.endpoint.id);
    let first_page = first_page();
    let page = kit
        .webhooks
        .list_encryption_keys(organization, endpoint, is_active, &first_page);
    page.await.expect("the store is well").items
}

#[tokio::test]
async fn a_registered_key_takes_the_place_of_the_active_one() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let registered_at = kit.clock.advance(std::time::Duration::from_secs(1));
    let new = named("2027", usable());
    let registered = register(&kit, &organization, &subscriber.endpoint.id, new).await;
    let registered = registered.unwrap();

    assert_eq!(keys(&kit, &subscriber, Some(true)).await, [registered]);
    let replaced = EncryptionKey {
        disabled_at: Some(registered_at),
        updated_at: registered_at,
        ..subscriber.key.clone()
    };
    assert_eq!(keys(&kit, &subscriber, Some(false)).await, [replaced]);
}

#[tokio::test]
async fn a_key_may_be_registered_without_becoming_the_active_one() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let registered_at = kit.clock.advance(std::time::Duration::from_secs(1));
    let new = NewEncryptionKey {
        activate: false,
        ..named("2027", usable())
    };
    let registered = register(&kit, &organization, &subscriber.endpoint.id, new).await;
    let registered = registered.unwrap();

    assert_eq!(registered.disabled_at, Some(registered_at));
    let active = std::slice::from_ref(&subscriber.key);
    assert_eq!(keys(&kit, &subscriber, Some(true)).await, active);
    assert_eq!(keys(&kit, &subscriber, Some(false)).await, [registered]);
}

#[tokio::test]
async fn a_key_id_may_be_used_again() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    for _ in 0..2 {
        let new = named(subscriber.key.key_id.as_str(), usable());
        let registered = register(&kit, &organization, &subscriber.endpoint.id, new);
        registered.await.unwrap();
    }
    assert_eq!(keys(&kit, &subscriber, None).await.len(), 3);
    assert_eq!(keys(&kit, &subscriber, Some(true)).await.len(), 1);
}

#[tokio::test]
async fn an_unknown_or_foreign_endpoint_is_refused_before_the_key_is_looked_at() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let unknown = EndpointId::parse("whe_unknown").unwrap();
    let cases = [
        (&organization, &unknown),
        (&stranger, &subscriber.endpoint.id),
    ];
    for (organization, endpoint_id) in cases {
        for jwk in [usable(), json!({ "kty": "EC", "n": "AQAB", "e": "AQAB" })] {
            let refused = register(&kit, organization, endpoint_id, named("k", jwk)).await;
            assert!(matches!(refused, Err(RegisterKeyError::EndpointNotFound)));
        }
    }
    let kept = std::slice::from_ref(&subscriber.key);
    assert_eq!(keys(&kit, &subscriber, None).await, kept);
}

#[tokio::test]
async fn a_refused_key_leaves_the_active_one_as_it_is() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let with = |member: &str, value: Value| {
        let mut jwk = usable();
        jwk[member] = value;
        jwk
    };
    let broken = [
        with("kty", json!("EC")),
        with("n", json!("AQAB")),
        with("n", json!("not base64url!")),
        with("d", json!("AQAB")),
        with("use", json!("sig")),
        with("key_ops", json!(["sign"])),
    ];
    for jwk in broken {
        let refused = register(
            &kit,
            &organization,
            &subscriber.endpoint.id,
            named("k", jwk),
        );
        assert!(matches!(refused.await, Err(RegisterKeyError::Jwk(_))));
    }
    let even_exponent = with("e", json!("AQAA"));
    let new = named("k", even_exponent);
    let refused = register(&kit, &organization, &subscriber.endpoint.id, new).await;
    assert!(matches!(
        refused,
        Err(RegisterKeyError::Jwk(InvalidJwk::Unusable(_)))
    ));
    let kept = std::slice::from_ref(&subscriber.key);
    assert_eq!(keys(&kit, &subscriber, None).await, kept);
}

#[tokio::test]
async fn a_refusal_shows_nothing_of_a_private_key() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let mut jwk = usable();
    jwk["d"] = json!("c2VjcmV0");
    let refused = register(
        &kit,
        &organization,
        &subscriber.endpoint.id,
        named("k", jwk),
    );
    let refused = refused.await.unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("c2VjcmV0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_keys_that_are_registered_at_once_one_is_active() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let racers = (0..16).map(|number| {
        let webhooks = Arc::clone(&kit.webhooks);
        let (organization, endpoint) = (organization.id, subscriber.endpoint.id.clone());
        async move {
            let new = named(&format!("key-{number}"), usable());
            let caller = Caller::system(organization);
            let registered = webhooks.register_encryption_key(&caller, &endpoint, new);
            registered.await.map(|key| key.id)
        }
    });
    let registered = at_once(racers.collect()).await;
    assert!(registered.iter().all(Result::is_ok));
    assert_eq!(keys(&kit, &subscriber, Some(true)).await.len(), 1);
    assert_eq!(keys(&kit, &subscriber, None).await.len(), 17);
}
