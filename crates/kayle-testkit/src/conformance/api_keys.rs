//! API keys.

use kayle_app::access::{ApiKey, Scope};

use super::{Outcome, TestStore};

pub async fn a_key_is_found_with_its_owner_by_any_of_its_hashes(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = test.seed.make.api_key(&organization);
    let other = test.seed.make.api_key(&organization);
    let mut tx = test.store.begin().await?;
    tx.insert_api_key(&key, "aa").await?;
    tx.insert_api_key(&other, "bb").await?;
    tx.commit().await?;

    let find = async |hashes: &[&str]| {
        let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        test.reads().find_api_key(&hashes).await
    };
    let found = Some((key, organization));
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
    tx.insert_api_key(&key, "aa").await?;
    tx.commit().await?;
    test.set_frozen(&organization, true).await?;

    let found = test.reads().find_api_key(&["aa".to_owned()]).await?;
    let (found, owner) = found.expect("the key is stored");
    assert_eq!(found, key);
    assert!(owner.is_frozen());
    Ok(())
}
