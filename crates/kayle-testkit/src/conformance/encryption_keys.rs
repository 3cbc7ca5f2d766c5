//! Encryption keys.

use std::collections::BTreeSet;
use std::slice;
use std::time::Duration;

use kayle_app::ports::store::{KeyChallenge, LockedKey, StoreError};
use kayle_delivery::{
    Delivery, DeliveryState, Lease, LeaseHolder, Payload, ScrubReason, StoredReason,
};
use kayle_endpoints::{EncryptionKey, KeyId, KeyProof, Prover};
use kayle_primitives::{EncryptionKeyId, OrganizationId};

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

pub async fn a_key_is_found_at_its_endpoint_only(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let stranger = test.subscriber().await;
    let reads = test.reads();
    let key = &subscriber.key;
    let find = async |whose: &Subscriber, endpoint| {
        let found = reads.find_encryption_key(whose.organization.id, endpoint, &key.id);
        found.await
    };
    let own = &subscriber.endpoint.id;
    assert_eq!(find(&subscriber, own).await?.as_ref(), Some(key));
    assert_eq!(find(&subscriber, &other.endpoint.id).await?, None);
    assert_eq!(find(&stranger, own).await?, None);
    Ok(())
}

pub async fn the_endpoints_that_can_encrypt_are_told(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization = &subscriber.organization;
    let other = test.seed.subscriber(organization).await;
    test.seed.subscriber(organization).await;
    let stranger = test.subscriber().await;
    let mut tx = test.store.begin().await?;
    tx.deactivate_encryption_key(organization.id, &other.key.id, test.now())
        .await?;
    tx.commit().await?;
    let asked = [&subscriber, &other, &stranger].map(|one| one.endpoint.id.clone());
    let reads = test.reads();
    let found = reads.with_active_key(organization.id, &asked).await?;
    assert_eq!(found, BTreeSet::from([subscriber.endpoint.id]));
    let none = reads.with_active_key(organization.id, &[]).await?;
    assert_eq!(none, BTreeSet::new());
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

pub async fn a_deactivated_key_is_disabled_from_then_on(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    // Repeating it is allowed, and renews the moment.
    for _ in 0..2 {
        let now = test.seed.make.clock.advance(Duration::from_secs(1));
        let expected = EncryptionKey {
            disabled_at: Some(now),
            updated_at: now,
            ..subscriber.key.clone()
        };
        let deactivated = deactivate(test, subscriber.organization.id, &subscriber.key).await?;
        assert_eq!(deactivated.as_ref(), Some(&expected));
        assert_eq!(listed(test, &subscriber, None).await?, [expected]);
    }
    assert_eq!(active(test, &other).await?, slice::from_ref(&other.key));
    Ok(())
}

pub async fn a_reactivated_key_replaces_the_active_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let renewed = test.seed.make.encryption_key(&subscriber.endpoint);
    test.seed.key(&renewed).await;
    // Repeating it is allowed.
    let first_at = test.seed.make.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        let now = test.seed.make.clock.advance(Duration::from_secs(1));
        let expected = EncryptionKey {
            disabled_at: None,
            updated_at: now,
            ..subscriber.key.clone()
        };
        let reactivated = reactivate(test, subscriber.organization.id, &subscriber.key).await?;
        assert_eq!(reactivated.as_ref(), Some(&expected));
        assert_eq!(active(test, &subscriber).await?, [expected]);
    }
    let replaced = EncryptionKey {
        disabled_at: Some(first_at.plus(Duration::from_secs(1))),
        updated_at: first_at.plus(Duration::from_secs(1)),
        ..renewed
    };
    let disabled = listed(test, &subscriber, Some(false)).await?;
    assert_eq!(disabled, [replaced]);
    assert_eq!(active(test, &other).await?, slice::from_ref(&other.key));
    Ok(())
}

pub async fn a_key_is_reactivated_where_none_is_active(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    deactivate(test, subscriber.organization.id, &subscriber.key).await?;
    assert_eq!(active(test, &subscriber).await?, []);
    let reactivated = reactivate(test, subscriber.organization.id, &subscriber.key).await?;
    assert_eq!(
        active(test, &subscriber).await?,
        Vec::from_iter(reactivated)
    );
    Ok(())
}

pub async fn keys_reactivated_at_once_leave_one_active(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let renewed = test.seed.make.encryption_key(&subscriber.endpoint);
    test.seed.key(&renewed).await;
    let (one, two) = tokio::join!(
        reactivate(test, organization_id, &subscriber.key),
        reactivate(test, organization_id, &renewed),
    );
    assert!(one?.is_some() && two?.is_some());
    assert_eq!(active(test, &subscriber).await?.len(), 1);
    Ok(())
}

pub async fn a_foreign_key_is_a_missing_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let stranger = test.seed.organization().await.id;
    let unknown = test.seed.make.encryption_key(&subscriber.endpoint);
    for (organization_id, key) in [
        (stranger, &subscriber.key),
        (subscriber.organization.id, &unknown),
    ] {
        assert_eq!(deactivate(test, organization_id, key).await?, None);
        assert_eq!(reactivate(test, organization_id, key).await?, None);
    }
    assert_eq!(
        active(test, &subscriber).await?,
        slice::from_ref(&subscriber.key)
    );
    Ok(())
}

pub(super) async fn deactivate(
    test: &TestStore,
    organization_id: OrganizationId,
    key: &EncryptionKey,
) -> Result<Option<EncryptionKey>, StoreError> {
    let mut tx = test.store.begin().await?;
    let key = tx
        .deactivate_encryption_key(organization_id, &key.id, test.now())
        .await?;
    tx.commit().await?;
    Ok(key)
}

pub(super) async fn reactivate(
    test: &TestStore,
    organization_id: OrganizationId,
    key: &EncryptionKey,
) -> Result<Option<EncryptionKey>, StoreError> {
    let mut tx = test.store.begin().await?;
    let key = tx
        .reactivate_encryption_key(organization_id, &key.id, test.now())
        .await?;
    tx.commit().await?;
    Ok(key)
}

pub async fn the_latest_registrations_are_told_newest_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.subscriber().await;
    let mut registered = Vec::new();
    for endpoint in [&subscriber.endpoint, &subscriber.endpoint, &other.endpoint] {
        test.seed.make.clock.advance(Duration::from_secs(1));
        let key = test.seed.make.encryption_key(endpoint);
        test.seed.key(&key).await;
        registered.push(key.created_at);
    }
    let told = async |since, at_most| {
        let id = &subscriber.endpoint.id;
        test.reads().registrations_since(id, since, at_most).await
    };
    let first = subscriber.key.created_at;
    assert_eq!(told(first, 10).await?, [registered[1], registered[0]]);
    assert_eq!(told(first, 1).await?, [registered[1]]);
    assert_eq!(told(registered[1], 10).await?, []);
    Ok(())
}

pub async fn a_key_that_is_registered_inactive_replaces_none(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let coming = EncryptionKey {
        disabled_at: Some(test.now()),
        ..test.seed.make.encryption_key(&subscriber.endpoint)
    };
    test.seed.key(&coming).await;
    assert_eq!(
        active(test, &subscriber).await?,
        slice::from_ref(&subscriber.key)
    );
    assert_eq!(listed(test, &subscriber, Some(false)).await?, [coming]);
    Ok(())
}

pub async fn a_challenge_is_kept_until_another_or_none_takes_its_place(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    let (id, organization_id) = (&subscriber.key.id, subscriber.organization.id);
    let challenge = |nonce_hash: &str| KeyChallenge {
        nonce_hash: nonce_hash.to_owned(),
        expires_at: test.now(),
    };
    assert_eq!(challenge_of(test, &subscriber).await?, None);
    for put in [Some(challenge("one")), Some(challenge("other")), None, None] {
        let mut tx = test.store.begin().await?;
        tx.lock_encryption_key(organization_id, id).await?;
        tx.set_key_challenge(id, put.as_ref()).await?;
        tx.commit().await?;
        assert_eq!(challenge_of(test, &subscriber).await?, put);
    }
    let stranger = test.seed.organization().await.id;
    let mut tx = test.store.begin().await?;
    assert_eq!(tx.lock_encryption_key(stranger, id).await?, None);
    Ok(())
}

async fn challenge_of(
    test: &TestStore,
    subscriber: &Subscriber,
) -> Result<Option<KeyChallenge>, StoreError> {
    let (id, organization_id) = (&subscriber.key.id, subscriber.organization.id);
    let mut tx = test.store.begin().await?;
    let locked = tx.lock_encryption_key(organization_id, id).await?;
    let LockedKey { key, challenge } = locked.expect("the key is there");
    assert_eq!(key, subscriber.key);
    Ok(challenge)
}

pub async fn a_proof_is_stored_with_its_moment(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    for by in [Prover::Caller, Prover::Receiver] {
        let at = test.seed.make.clock.advance(Duration::from_secs(1));
        let proven = EncryptionKey {
            proof: Some(KeyProof { at, by }),
            updated_at: at,
            ..subscriber.key.clone()
        };
        let mut tx = test.store.begin().await?;
        tx.save_key_proof(&proven).await?;
        tx.commit().await?;
        assert_eq!(active(test, &subscriber).await?, [proven]);
    }
    Ok(())
}

pub async fn stored_payloads_are_counted_by_key_as_far_as_asked(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.subscriber().await;
    let now = test.now();
    let stored = |reason| Payload::Stored {
        expires_at: now,
        reason,
    };
    let states = [
        (
            DeliveryState::Pending { due_at: now },
            StoredReason::PendingDelivery,
        ),
        (
            DeliveryState::Held { due_at: now },
            StoredReason::PendingDelivery,
        ),
        (
            DeliveryState::Delivering {
                claimed_at: now,
                lease: Lease {
                    holder: LeaseHolder("dispatcher".to_owned()),
                    until: now,
                },
            },
            StoredReason::PendingDelivery,
        ),
        (
            DeliveryState::Failed,
            StoredReason::TerminalFailureRetention,
        ),
    ];
    for (state, reason) in states {
        let delivery = test.seed.delivery(&subscriber).await;
        test.save(Delivery {
            state,
            payload: stored(reason),
            ..delivery
        })
        .await?;
    }
    let gone = test.seed.delivery(&subscriber).await;
    let reason = ScrubReason::Delivered;
    test.save(Delivery {
        state: DeliveryState::Succeeded,
        payload: Payload::Scrubbed { at: now, reason },
        ..gone
    })
    .await?;
    test.seed.delivery(&other).await;

    let unused = EncryptionKeyId::parse("whk_unused").expect("it is a syntactical id");
    let ids = [&other.key.id, &unused, &subscriber.key.id];
    let reads = test.reads();
    assert_eq!(reads.count_retained_of_keys(&ids, 10).await?, [1, 0, 4]);
    assert_eq!(reads.count_retained_of_keys(&ids, 2).await?, [1, 0, 2]);
    assert!(reads.count_retained_of_keys(&[], 2).await?.is_empty());
    Ok(())
}

async fn active(
    test: &TestStore,
    subscriber: &Subscriber,
) -> Result<Vec<EncryptionKey>, StoreError> {
    listed(test, subscriber, Some(true)).await
}

pub(super) async fn listed(
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
