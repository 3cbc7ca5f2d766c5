//! API keys.

use std::slice;
use std::time::Duration;

use kayle_app::access::{ApiKey, ApiKeyMetadata, ApiKeyName, MetadataValue, Scope};
use kayle_app::ports::store::{ApiKeyHash, FoundApiKey, Rehash, StoreError};
use kayle_primitives::{ApiKeyId, Organization, OrganizationId};

use super::pages::{after, first, walked};
use super::{Outcome, TestStore, assert_conflict};

pub async fn a_key_is_found_with_its_owner_by_any_of_its_hashes(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = test.seed.make.api_key(&organization);
    let other = test.seed.make.api_key(&organization);
    let mut tx = test.store.begin().await?;
    tx.insert_api_key(&key, &keyed("aa")).await?;
    tx.insert_api_key(&other, &keyed("bb")).await?;
    tx.commit().await?;

    let find = async |hashes: &[&str]| {
        let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        test.reads().find_api_key(&hashes).await
    };
    let found = Some(FoundApiKey {
        key,
        organization,
        hash: keyed("aa"),
    });
    assert_eq!(find(&["aa"]).await?, found);
    assert_eq!(find(&["cc", "aa"]).await?, found);
    assert_eq!(find(&["cc"]).await?, None);
    assert_eq!(find(&[]).await?, None);
    Ok(())
}

pub async fn a_disabled_key_of_a_frozen_organization_is_found_as_it_is(
    test: &TestStore,
) -> Outcome {
    let organization = test.seed.organization().await;
    let key = ApiKey {
        enabled: false,
        scopes: vec![Scope::WebhooksRead],
        ..test.seed.make.api_key(&organization)
    };
    let mut tx = test.store.begin().await?;
    tx.insert_api_key(&key, &keyed("aa")).await?;
    tx.commit().await?;
    test.set_frozen(&organization, true).await?;

    let found = test.reads().find_api_key(&["aa".to_owned()]).await?;
    let found = found.expect("the key is stored");
    assert_eq!(found.key, key);
    assert!(found.organization.is_frozen());
    Ok(())
}

pub async fn a_keys_notes_and_count_are_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = ApiKey {
        metadata: every_kind_of_note(),
        request_count: 7,
        ..test.seed.make.api_key(&organization)
    };
    insert(test, &key).await?;
    assert_eq!(listed(test, organization.id).await?, slice::from_ref(&key));
    assert_eq!(locked(test, &organization, key.id).await?, Some(key));
    Ok(())
}

pub async fn api_keys_are_listed_by_id(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    stored(test, &test.seed.organization().await).await?;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(stored(test, &organization).await?);
    }
    expected.sort_by_key(|key| key.id);
    let fetch = async |request: &_| test.reads().list_api_keys(organization.id, request).await;
    assert_eq!(walked(fetch, |key| key.id).await?, expected);

    // The cursor is a place to go on from; it need not name a key.
    let cursor = ApiKeyId::generate(test.seed.make.entropy());
    let beyond = fetch(&after(&cursor)).await?.items;
    expected.retain(|key| cursor < key.id);
    assert_eq!(beyond, expected);
    Ok(())
}

pub async fn a_saved_key_is_stored_whole_but_for_its_count(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = stored(test, &organization).await?;
    let other = stored(test, &organization).await?;
    count(test, &[(key.id, 3)]).await?;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let changed = ApiKey {
        name: ApiKeyName::parse("renamed").expect("it is short"),
        enabled: false,
        scopes: vec![Scope::SessionsRead],
        metadata: every_kind_of_note(),
        request_count: 1,
        updated_at: now,
        ..key
    };
    let mut tx = test.store.begin().await?;
    tx.save_api_key(&changed).await?;
    tx.commit().await?;

    let expected = ApiKey {
        request_count: 3,
        ..changed
    };
    let hash = [hash_of(&expected)];
    let found = test.reads().find_api_key(&hash).await?;
    assert_eq!(found.map(|found| found.key).as_ref(), Some(&expected));
    let found = locked(test, &organization, other.id).await?;
    assert_eq!(found, Some(other));
    Ok(())
}

pub async fn a_deleted_key_is_gone(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = stored(test, &organization).await?;
    let other = stored(test, &organization).await?;
    assert!(delete(test, organization.id, key.id).await?);
    assert!(!delete(test, organization.id, key.id).await?);
    assert_eq!(test.reads().find_api_key(&[hash_of(&key)]).await?, None);
    assert_eq!(locked(test, &organization, key.id).await?, None);
    assert_eq!(listed(test, organization.id).await?, [other]);

    let mut tx = test.store.begin().await?;
    assert_conflict(tx.save_api_key(&key).await);
    Ok(())
}

pub async fn a_foreign_api_key_is_a_missing_one(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    let key = stored(test, &organization).await?;
    assert_eq!(locked(test, &stranger, key.id).await?, None);
    assert!(!delete(test, stranger.id, key.id).await?);
    assert_eq!(listed(test, stranger.id).await?, []);
    let stolen = ApiKey {
        organization_id: stranger.id,
        ..key.clone()
    };
    let mut tx = test.store.begin().await?;
    assert_conflict(tx.save_api_key(&stolen).await);
    drop(tx);
    assert_eq!(listed(test, organization.id).await?, [key]);
    Ok(())
}

pub async fn requests_are_added_up_and_change_nothing_else(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let often = stored(test, &organization).await?;
    let once = stored(test, &organization).await?;
    let never = stored(test, &organization).await?;
    let gone = test.seed.make.api_key(&organization);
    test.seed.make.clock.advance(Duration::from_secs(1));
    count(test, &[]).await?;
    count(test, &[(often.id, 2), (once.id, 1), (gone.id, 5)]).await?;
    count(test, &[(often.id, 40), (often.id, 1_000_000_000_000)]).await?;

    for (key, request_count) in [(often, 1_000_000_000_042), (once, 1), (never, 0)] {
        let expected = ApiKey {
            request_count,
            ..key
        };
        let found = locked(test, &organization, expected.id).await?;
        assert_eq!(found, Some(expected));
    }
    Ok(())
}

pub async fn the_keys_of_an_organization_are_counted_as_far_as_asked(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    let mut tx = test.store.begin().await?;
    for (owner, hash) in [
        (&organization, "aa"),
        (&organization, "bb"),
        (&stranger, "cc"),
    ] {
        tx.insert_api_key(&test.seed.make.api_key(owner), &keyed(hash))
            .await?;
    }
    tx.commit().await?;
    assert_eq!(test.reads().count_api_keys(organization.id, 10).await?, 2);
    assert_eq!(test.reads().count_api_keys(organization.id, 1).await?, 1);
    Ok(())
}

pub async fn a_key_is_hashed_anew_unless_it_was_meanwhile(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = stored(test, &organization).await?;
    let to = ApiKeyHash {
        hash: "anew".to_owned(),
        key_id: Some("k2".to_owned()),
    };
    let anew = Rehash {
        id: key.id,
        from: hash_of(&key),
        to: to.clone(),
    };
    // The second one comes too late; the third one's key is another.
    let late = Rehash {
        to: keyed("late"),
        ..anew.clone()
    };
    let other = Rehash {
        id: ApiKeyId::generate(test.seed.make.entropy()),
        from: "anew".to_owned(),
        to: keyed("other"),
    };
    for rehash in [anew, late, other] {
        let mut tx = test.store.begin().await?;
        tx.rehash_api_key(&rehash).await?;
        tx.commit().await?;
    }
    let hashes = [hash_of(&key), "late".to_owned(), "other".to_owned()];
    assert_eq!(test.reads().find_api_key(&hashes).await?, None);
    let found = test.reads().find_api_key(&["anew".to_owned()]).await?;
    let found = found.expect("it is stored under the new hash");
    assert_eq!((found.key, found.hash), (key, to));
    Ok(())
}

fn every_kind_of_note() -> ApiKeyMetadata {
    let number = |number: f64| serde_json::Number::from_f64(number).expect("it is finite");
    let notes = [
        ("text", MetadataValue::Text("„a“\n\"b\" 1".to_owned())),
        ("looks.like:a-number", MetadataValue::Text("1".to_owned())),
        ("whole", MetadataValue::Number(u64::MAX.into())),
        ("negative", MetadataValue::Number((-1).into())),
        ("fraction", MetadataValue::Number(number(0.1))),
        // Reads back as its neighbour where digits are parsed in a hurry.
        (
            "exact",
            MetadataValue::Number(number(90.422_252_909_423_83)),
        ),
        ("boolean", MetadataValue::Boolean(false)),
    ];
    let notes = notes.map(|(key, value)| (key.to_owned(), value));
    ApiKeyMetadata::new(notes.into()).expect("they are few and short")
}

/// Stores a key under a hash that its id gives.
async fn stored(test: &TestStore, organization: &Organization) -> Result<ApiKey, StoreError> {
    let key = test.seed.make.api_key(organization);
    insert(test, &key).await?;
    Ok(key)
}

async fn insert(test: &TestStore, key: &ApiKey) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.insert_api_key(key, &keyed(&hash_of(key))).await?;
    tx.commit().await
}

/// Returns a hash that was made with the secret key `k1`.
fn keyed(hash: &str) -> ApiKeyHash {
    ApiKeyHash {
        hash: hash.to_owned(),
        key_id: Some("k1".to_owned()),
    }
}

fn hash_of(key: &ApiKey) -> String {
    format!("hash of {}", key.id)
}

async fn locked(
    test: &TestStore,
    organization: &Organization,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, StoreError> {
    let mut tx = test.store.begin().await?;
    tx.lock_api_key(organization.id, id).await
}

async fn listed(
    test: &TestStore,
    organization_id: OrganizationId,
) -> Result<Vec<ApiKey>, StoreError> {
    let page = test
        .reads()
        .list_api_keys(organization_id, &first(10))
        .await?;
    Ok(page.items)
}

async fn delete(
    test: &TestStore,
    organization_id: OrganizationId,
    id: ApiKeyId,
) -> Result<bool, StoreError> {
    let mut tx = test.store.begin().await?;
    let deleted = tx.delete_api_key(organization_id, id).await?;
    tx.commit().await?;
    Ok(deleted)
}

async fn count(test: &TestStore, counts: &[(ApiKeyId, u64)]) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.count_requests(counts).await?;
    tx.commit().await
}
