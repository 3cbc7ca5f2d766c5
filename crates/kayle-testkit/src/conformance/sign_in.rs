//! Sign-in links.

use std::time::Duration;

use kayle_app::access::Role;
use kayle_app::ports::store::SignInLink;
use kayle_primitives::id::random_uuid;

use super::{Outcome, TestStore, assert_conflict};

async fn stored_link(test: &TestStore) -> Result<SignInLink, kayle_app::ports::store::StoreError> {
    let link = SignInLink {
        code_hash: "hash of the code".to_owned(),
        organization_id: test.seed.organization().await.id,
        user_id: random_uuid(&*test.seed.make.entropy),
        role: Role::Admin,
        session_expires_at: test.now().plus(Duration::from_hours(8)),
        expires_at: test.now().plus(Duration::from_mins(10)),
    };
    let mut tx = test.store.begin().await?;
    tx.insert_sign_in_link(&link).await?;
    tx.commit().await?;
    Ok(link)
}

pub async fn a_sign_in_link_is_found_by_any_of_its_hashes(test: &TestStore) -> Outcome {
    let link = stored_link(test).await?;
    let hashes = ["another".to_owned(), link.code_hash.clone()];
    let found = test.reads().find_sign_in_link(&hashes, test.now()).await?;
    assert_eq!(found.as_ref(), Some(&link));
    let unknown = test.reads().find_sign_in_link(&hashes[..1], test.now());
    assert_eq!(unknown.await?, None);
    let mut tx = test.store.begin().await?;
    assert_conflict(tx.insert_sign_in_link(&link).await);
    Ok(())
}

pub async fn a_sign_in_link_is_used_once(test: &TestStore) -> Outcome {
    let link = stored_link(test).await?;
    let hashes = [link.code_hash.clone()];
    for expected in [true, false] {
        let mut tx = test.store.begin().await?;
        let used = tx.use_sign_in_link(&link.code_hash, test.now()).await?;
        tx.commit().await?;
        assert_eq!(used, expected);
    }
    let found = test.reads().find_sign_in_link(&hashes, test.now()).await?;
    assert_eq!(found, None);
    Ok(())
}

pub async fn an_expired_sign_in_link_leads_nowhere_and_is_forgotten(test: &TestStore) -> Outcome {
    let link = stored_link(test).await?;
    let hashes = [link.code_hash.clone()];
    let found = test.reads().find_sign_in_link(&hashes, link.expires_at);
    assert_eq!(found.await?, None);
    let mut tx = test.store.begin().await?;
    let used = tx.use_sign_in_link(&link.code_hash, link.expires_at);
    assert!(!used.await?);
    tx.delete_sign_in_links_expired_before(link.expires_at)
        .await?;
    tx.commit().await?;
    let found = test.reads().find_sign_in_link(&hashes, test.now()).await?;
    assert_eq!(found.as_ref(), Some(&link));

    let mut tx = test.store.begin().await?;
    let limit = link.expires_at.plus(Duration::from_millis(1));
    tx.delete_sign_in_links_expired_before(limit).await?;
    tx.commit().await?;
    let found = test.reads().find_sign_in_link(&hashes, test.now()).await?;
    assert_eq!(found, None);
    Ok(())
}
