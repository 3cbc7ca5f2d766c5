//! Organizations.

use std::time::Duration;

use kayle_primitives::Organization;

use super::{Outcome, TestStore, assert_conflict};

pub async fn an_organization_is_found_as_it_was_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let unknown = test.seed.make.organization();
    let found = test.reads().find_organization(organization.id).await?;
    assert_eq!(found, Some(organization));
    assert_eq!(test.reads().find_organization(unknown.id).await?, None);
    Ok(())
}

pub async fn an_id_is_taken_once(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut tx = test.store.begin().await?;
    assert_conflict(tx.insert_organization(&organization).await);
    Ok(())
}

pub async fn the_newest_organization_is_found(test: &TestStore) -> Outcome {
    assert_eq!(test.reads().newest_organization().await?, None);
    test.seed.organization().await;
    test.seed.make.clock.advance(Duration::from_secs(1));
    let newest = test.seed.organization().await;
    assert_eq!(test.reads().newest_organization().await?, Some(newest));
    Ok(())
}

pub async fn a_pending_deletion_is_set_and_cleared(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    test.set_frozen(&organization, true).await?;
    let frozen = test.reads().find_organization(organization.id).await?;
    assert_eq!(
        frozen.as_ref(),
        Some(&Organization {
            pending_deletion_at: Some(test.now()),
            ..organization.clone()
        })
    );

    test.set_frozen(&organization, false).await?;
    let thawed = test.reads().find_organization(organization.id).await?;
    assert_eq!(thawed, Some(organization));

    let unknown = test.seed.make.organization();
    let mut tx = test.store.begin().await?;
    assert!(!tx.set_pending_deletion(unknown.id, None).await?);
    Ok(())
}
