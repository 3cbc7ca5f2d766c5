//! Taking encryption keys out of use and putting them back: never two active ones.

use kayle_app::Missing;
use std::sync::Arc;
use std::time::Duration;

use kayle_delivery::{Payload, ScrubReason};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::EncryptionKeyId;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    Racer, at_once, caller_of, claims, decrypted, deliveries, first_page, session, succeeded, turn,
};

async fn scene() -> (TestWebhooks, Subscriber) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    (kit, subscriber)
}

/// Registers another key, which takes the place of the active one.
async fn another_key(kit: &TestWebhooks, subscriber: &Subscriber) -> EncryptionKey {
    let key = kit.seed.make.encryption_key(&subscriber.endpoint);
    kit.seed.key(&key).await;
    key
}

async fn deactivate(kit: &TestWebhooks, key: &EncryptionKey) -> EncryptionKey {
    let caller = caller_of(key.organization_id);
    let changed = kit.webhooks.deactivate_encryption_key(&caller, &key.id);
    changed.await.expect("the key is there")
}

async fn reactivate(kit: &TestWebhooks, key: &EncryptionKey) -> EncryptionKey {
    let caller = caller_of(key.organization_id);
    let changed = kit.webhooks.reactivate_encryption_key(&caller, &key.id);
    changed.await.expect("the key is there")
}

async fn keys(
    kit: &TestWebhooks,
    subscriber: &Subscriber,
    is_active: Option<bool>,
) -> Vec<EncryptionKey> {
    let (organization, endpoint) = (subscriber.organization.id, &subscriber.endpoint.id);
    let page = first_page();
    let listed = kit
        .webhooks
        .list_encryption_keys(organization, endpoint, is_active, &page);
    listed.await.expect("the store is well").items
}

#[tokio::test]
async fn a_deactivated_key_says_since_when() {
    let (kit, subscriber) = scene().await;
    let disabled_at = kit.clock.advance(Duration::from_secs(1));
    let expected = EncryptionKey {
        disabled_at: Some(disabled_at),
        updated_at: disabled_at,
        ..subscriber.key.clone()
    };
    assert_eq!(deactivate(&kit, &subscriber.key).await, expected);
    assert_eq!(keys(&kit, &subscriber, None).await, [expected]);
}

#[tokio::test]
async fn repeating_either_is_allowed() {
    let (kit, subscriber) = scene().await;
    for _ in 0..2 {
        let key = deactivate(&kit, &subscriber.key).await;
        assert!(key.disabled_at.is_some());
    }
    for _ in 0..2 {
        let key = reactivate(&kit, &subscriber.key).await;
        assert_eq!(key.disabled_at, None);
    }
    assert_eq!(keys(&kit, &subscriber, Some(true)).await.len(), 1);
}

#[tokio::test]
async fn a_reactivated_key_takes_the_place_of_the_active_one() {
    let (kit, subscriber) = scene().await;
    let replacement = another_key(&kit, &subscriber).await;
    let changed_at = kit.clock.advance(Duration::from_secs(1));
    let back = reactivate(&kit, &subscriber.key).await;
    assert_eq!(keys(&kit, &subscriber, Some(true)).await, [back]);
    let replaced = EncryptionKey {
        disabled_at: Some(changed_at),
        updated_at: changed_at,
        ..replacement
    };
    assert_eq!(keys(&kit, &subscriber, Some(false)).await, [replaced]);
}

#[tokio::test]
async fn a_foreign_or_unknown_key_is_left_alone() {
    let (kit, subscriber) = scene().await;
    let stranger = kit.seed.organization().await;
    let unknown = EncryptionKeyId::parse("whk_unknown").unwrap();
    for (organization, id) in [
        (&stranger, &subscriber.key.id),
        (&subscriber.organization, &unknown),
    ] {
        let caller = caller_of(organization.id);
        let refused = kit.webhooks.deactivate_encryption_key(&caller, id).await;
        assert!(matches!(refused, Err(Missing::NotFound { .. })));
        let refused = kit.webhooks.reactivate_encryption_key(&caller, id).await;
        assert!(matches!(refused, Err(Missing::NotFound { .. })));
    }
    assert_eq!(keys(&kit, &subscriber, None).await, [subscriber.key]);
}

#[tokio::test]
async fn without_an_active_key_a_later_event_is_not_stored_for_the_endpoint() {
    let (kit, subscriber) = scene().await;
    let before = session(&kit, &subscriber.organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&before.id, report).await;
    reported.unwrap();
    deactivate(&kit, &subscriber.key).await;
    kit.clock.advance(Duration::from_secs(1));
    let after = session(&kit, &subscriber.organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&after.id, report).await;
    reported.unwrap();

    let newest = deliveries(&kit, subscriber.organization.id).await.remove(0);
    let (at, reason) = (kit.webhooks.now(), ScrubReason::NoActiveKey);
    assert_eq!(newest.payload, Payload::Scrubbed { at, reason });
    let sent = turn(&kit).await;
    assert_eq!(sent.len(), 1, "what was encrypted before goes out");
    assert_eq!(
        decrypted(&sent[0])["metadata"]["verification_session_id"],
        before.id.as_str()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_to_the_keys_at_once_at_most_one_is_active() {
    let (kit, subscriber) = scene().await;
    let mut ids = vec![subscriber.key.id.clone()];
    for _ in 0..3 {
        ids.push(another_key(&kit, &subscriber).await.id);
    }
    let organization = subscriber.organization.id;
    let mut racers: Vec<Racer> = Vec::new();
    for id in ids.iter().cycle().take(16) {
        let (webhooks, id) = (Arc::clone(&kit.webhooks), id.clone());
        racers.push(Box::pin(async move {
            let caller = caller_of(organization);
            let changed = webhooks.reactivate_encryption_key(&caller, &id).await;
            assert_eq!(changed.expect("the key is there").disabled_at, None);
        }));
    }
    at_once(racers).await;
    assert_eq!(keys(&kit, &subscriber, Some(true)).await.len(), 1);
    assert_eq!(keys(&kit, &subscriber, None).await.len(), 4);
}
