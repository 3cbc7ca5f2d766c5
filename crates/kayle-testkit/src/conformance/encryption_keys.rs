//! Encryption keys.

use std::slice;
use std::time::Duration;

use kayle_app::ports::store::StoreError;
use kayle_endpoints::{EncryptionKey, KeyId};
use kayle_primitives::EncryptionKeyId;

use super::pages::{after, first, walked};
use super::{Outcome, TestStore};
use crate::seed::Subscriber;

pub async fn a_registered_key_replaces_the_active_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let later = test.seed.make.clock.advance(Duration::from_secs(1));
    let renewed = EncryptionKey {
        key_id: KeyId::parse(" any label, verbatim ").expect("it is short"),
        ..test.seed.make.encryption_key(&subscriber.endpoint)
    };
    test.seed.key(&renewed).await;

    let replaced = EncryptionKey {
        disabled_at: Some(later),
        updated_at: later,
        ..subscriber.key.clone()
    };
    assert_eq!(active(test, &subscriber).await?, [renewed]);
    let disabled = listed(test, &subscriber, Some(false)).await?;
    assert_eq!(disabled, [replaced]);
    Ok(())
}

pub async fn keys_registered_at_once_leave_one_active(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let register = async || {
        let key = test.seed.make.encryption_key(&subscriber.endpoint);
        let mut tx = test.store.begin().await?;
        let registered = tx.register_encryption_key(&key).await?;
        tx.commit().await?;
        Ok::<bool, StoreError>(registered)
    };
    let (one, two, three) = tokio::join!(register(), register(), register());
    assert!(one? && two? && three?);
    assert_eq!(active(test, &subscriber).await?.len(), 1);
    assert_eq!(listed(test, &subscriber, None).await?.len(), 4);
    Ok(())
}

pub async fn a_key_of_a_missing_endpoint_is_not_written(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let stranger = test.seed.organization().await;
    let unknown = test.seed.make.endpoint(&stranger);
    let foreign = EncryptionKey {
        organization_id: stranger.id,
        ..test.seed.make.encryption_key(&subscriber.endpoint)
    };
    for key in [test.seed.make.encryption_key(&unknown), foreign] {
        let mut tx = test.store.begin().await?;
        assert!(!tx.register_encryption_key(&key).await?);
        tx.commit().await?;
    }
    assert_eq!(
        listed(test, &subscriber, None).await?,
        slice::from_ref(&subscriber.key)
    );
    Ok(())
}

pub async fn keys_are_listed_by_id(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    test.seed.subscriber(&subscriber.organization).await;
    for _ in 0..5 {
        test.seed.make.clock.advance(Duration::from_millis(1));
        let key = test.seed.make.encryption_key(&subscriber.endpoint);
        test.seed.key(&key).await;
    }
    let fetch = async |request: &_| {
        let (organization_id, endpoint_id) = (subscriber.organization.id, &subscriber.endpoint.id);
        test.reads()
            .list_encryption_keys(organization_id, endpoint_id, None, request)
            .await
    };
    let keys = walked(fetch, |key| key.id.clone()).await?;
    assert_eq!(keys.len(), 6);
    assert!(keys.is_sorted_by_key(|key| key.id.clone()));

    // The cursor is a text to compare with; it need not name a key.
    let cursor = EncryptionKeyId::parse("whk_h").expect("it is a syntactical id");
    let beyond = fetch(&after(&cursor)).await?.items;
    let expected: Vec<EncryptionKey> = keys.into_iter().filter(|key| cursor < key.id).collect();
    assert_eq!(beyond, expected);
    Ok(())
}

pub async fn keys_of_a_foreign_endpoint_are_not_listed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let stranger = test.seed.organization().await;
    let foreign = Subscriber {
        organization: stranger,
        ..subscriber
    };
    assert_eq!(listed(test, &foreign, None).await?, []);
    Ok(())
}

async fn active(
    test: &TestStore,
    subscriber: &Subscriber,
) -> Result<Vec<EncryptionKey>, StoreError> {
    listed(test, subscriber, Some(true)).await
}

async fn listed(
    test: &TestStore,
    subscriber: &Subscriber,
    is_active: Option<bool>,
) -> Result<Vec<EncryptionKey>, StoreError> {
    let (organization_id, endpoint_id) = (subscriber.organization.id, &subscriber.endpoint.id);
    let page = test
        .reads()
        .list_encryption_keys(organization_id, endpoint_id, is_active, &first(10))
        .await?;
    Ok(page.items)
}
