//! Transactions that share a commit: all of them reach the disk, or those that have failed do not.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, poll};
use kayle_app::ports::store::{Store, StoreError, StoreTx};
use kayle_primitives::Organization;
use kayle_storage::SqlStore;
use kayle_testkit::builders::Builders;
use sea_orm::ConnectionTrait;

use crate::database::Database;

const ANSWERS: &str = "the database answers";

/// Two transactions: the first has ended and waits for its commit, the second has its turn.
struct Two {
    database: Database,
    make: Builders,
    first: Organization,
    first_commit: BoxFuture<'static, Result<(), StoreError>>,
    second: Box<dyn StoreTx>,
}

impl Two {
    async fn new() -> Self {
        let database = Database::new().await;
        let make = Builders::default();
        let first = make.organization();
        let bomb = "CREATE TRIGGER bomb BEFORE INSERT ON organizations WHEN NEW.name = 'bomb' \
                    BEGIN SELECT RAISE(ROLLBACK, 'everything is undone'); END";
        let connection = database.store.connection();
        connection.execute_unprepared(bomb).await.expect(ANSWERS);
        let mut tx = database.store.begin().await.expect(ANSWERS);
        tx.insert_organization(&first).await.expect(ANSWERS);
        let store = database.store.clone();
        let mut second = async move { store.begin().await }.boxed();
        assert!(poll!(&mut second).is_pending());
        let mut first_commit = tx.commit().boxed();
        assert!(poll!(&mut first_commit).is_pending());
        let second = second.await.expect(ANSWERS);
        Self {
            database,
            make,
            first,
            first_commit,
            second,
        }
    }
}

async fn is_stored(store: &SqlStore, organization: &Organization) -> bool {
    let found = store.reads().find_organization(organization.id).await;
    found.expect(ANSWERS).is_some()
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit_that_is_for_all() {
    let mut two = Two::new().await;
    let store = two.database.store.clone();
    let other = two.make.organization();
    two.second.insert_organization(&other).await.unwrap();
    assert!(poll!(&mut two.first_commit).is_pending());
    assert!(!is_stored(&store, &two.first).await);

    two.second.commit().await.unwrap();
    assert!(is_stored(&store, &two.first).await);
    assert!(is_stored(&store, &other).await);
    two.first_commit.await.unwrap();
}

#[tokio::test]
async fn one_that_is_given_up_is_undone_alone() {
    let mut two = Two::new().await;
    let store = two.database.store.clone();
    let other = two.make.organization();
    two.second.insert_organization(&other).await.unwrap();
    drop(two.second);
    two.first_commit.await.unwrap();
    assert!(is_stored(&store, &two.first).await);
    assert!(!is_stored(&store, &other).await);
}

#[tokio::test]
async fn one_that_breaks_a_rule_fails_alone() {
    let mut two = Two::new().await;
    let store = two.database.store.clone();
    let refused = two.second.insert_organization(&two.first).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    drop(two.second);
    two.first_commit.await.unwrap();
    assert!(is_stored(&store, &two.first).await);
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_is_made_and_leaves_nothing_open() {
    let two = Two::new().await;
    drop(two.first_commit);
    drop(two.second);
    let file = two.database.folder.path().join("kayle.db");
    let url = format!("sqlite://{}", file.display());
    let other = SqlStore::connect(&url, &kayle_storage::StoreOptions::default()).await;
    let other = other.unwrap();
    // It waits until this file has no other writer.
    let mut tx = other.begin().await.unwrap();
    let organization = two.make.organization();
    tx.insert_organization(&organization).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_stored(&other, &two.first).await);
}

/// A full disk makes SQLite undo all that is not committed, by itself. So does this trigger.
#[tokio::test]
async fn what_the_database_undoes_by_itself_is_not_told_as_committed() {
    for gives_up in [true, false] {
        let mut two = Two::new().await;
        let store = two.database.store.clone();
        let other = two.make.organization();
        let bomb = Organization {
            name: "bomb".to_owned(),
            ..two.make.organization()
        };
        two.second.insert_organization(&other).await.unwrap();
        two.second.insert_organization(&bomb).await.unwrap_err();
        if gives_up {
            drop(two.second);
        } else {
            two.second.commit().await.unwrap_err();
        }
        two.first_commit.await.unwrap_err();
        for undone in [&two.first, &other, &bomb] {
            assert!(!is_stored(&store, undone).await);
        }
        let mut tx = store.begin().await.unwrap();
        tx.insert_organization(&two.first).await.unwrap();
        tx.commit().await.unwrap();
        assert!(is_stored(&store, &two.first).await);
    }
}
