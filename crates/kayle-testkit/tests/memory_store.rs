//! The store in memory does what every store does, and fails when it is told to.

use std::future::ready;
use std::sync::Arc;

use kayle_app::ports::store::{Store, StoreError};
use kayle_testkit::builders::Builders;
use kayle_testkit::conformance::TestStore;
use kayle_testkit::store::MemoryStore;

kayle_testkit::store_conformance!(ready(empty_store()));

fn empty_store() -> TestStore {
    let store = Arc::new(MemoryStore::default());
    TestStore::new(store.clone(), store)
}

#[tokio::test]
async fn it_fails_as_often_as_it_is_told() {
    let store = MemoryStore::default();
    let nobody = Builders::default().organization().id;
    store.fail_next(2);
    assert!(matches!(
        store.reads().find_organization(nobody).await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(store.begin().await.is_err());
    assert!(store.reads().find_organization(nobody).await.is_ok());
}

#[tokio::test]
async fn a_commit_that_fails_changes_nothing() {
    let store = MemoryStore::default();
    let organization = Builders::default().organization();
    let mut tx = store.begin().await.unwrap();
    tx.insert_organization(&organization).await.unwrap();
    store.fail_next(1);
    assert!(tx.commit().await.is_err());
    let found = store.reads().find_organization(organization.id).await;
    assert_eq!(found.unwrap(), None);
}

/// A case that is missing from the macro's list would never run.
#[test]
fn every_case_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance");
    let list = std::fs::read_to_string(format!("{folder}.rs")).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let code = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let cases = code.split("\npub async fn ").skip(1);
        for case in cases.filter_map(|text| text.split('(').next()) {
            assert!(list.contains(case), "{case} is not in the list");
        }
    }
}
