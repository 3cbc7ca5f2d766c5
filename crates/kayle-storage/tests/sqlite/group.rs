//! Transactions that share a commit: all of them reach the disk, or those that have failed do not.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, poll};
use kayle_app::ports::store::{Store, StoreError, StoreTx};
use kayle_primitives::{Organization, OrganizationId};
use kayle_storage::SqlStore;
use kayle_testkit::builders::Builders;
use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;
use tokio::task::JoinSet;

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
    let other = SqlStore::connect(
        &url.parse().unwrap(),
        &kayle_storage::StoreOptions::default(),
    )
    .await;
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

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    /// The caller goes away in the middle of it.
    CommitUnheard,
    GiveUp,
    /// The database undoes it, and all that is not committed.
    Bomb,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn among_many_who_end_in_all_ways_what_was_told_is_what_is_stored() {
    let ends = [End::Commit, End::CommitUnheard, End::GiveUp, End::Bomb];
    let two = Two::new().await;
    let store = two.database.store.clone();
    drop(two.second);
    two.first_commit.await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..16_usize {
        let (store, make) = (store.clone(), Builders::default());
        let mine: Vec<_> = (0..24_usize)
            // Most commit, and each writer ends in another order than the others.
            .map(|n| match (writer * 7 + n * 5) % 11 {
                which @ 0..=2 => (ends[which + 1], make.organization()),
                _ => (End::Commit, make.organization()),
            })
            .map(|(end, it)| {
                let name = match end {
                    End::Bomb => "bomb".to_owned(),
                    End::Commit | End::CommitUnheard | End::GiveUp => it.name.clone(),
                };
                let id = OrganizationId(Uuid::new_v4());
                (end, Organization { id, name, ..it })
            })
            .collect();
        writers.spawn(async move {
            let mut told = Vec::new();
            for (end, organization) in mine {
                let outcome = written(&store, &organization, end).await;
                told.push((end, organization, outcome.is_ok()));
            }
            told
        });
    }
    let mut committed = 0;
    for (end, organization, is_ok) in writers.join_all().await.concat() {
        let stored = is_stored(&store, &organization).await;
        match (end, is_ok) {
            (End::Commit, true) => {
                assert!(stored, "it was told as committed");
                committed += 1;
            }
            (End::GiveUp | End::Bomb, _) => assert!(!stored, "it was undone: {end:?}"),
            // It was told of no end, or of a failure of somebody else's.
            (End::Commit, false) | (End::CommitUnheard, _) => {}
        }
    }
    assert!(0 < committed);
}

async fn written(
    store: &SqlStore,
    organization: &Organization,
    end: End,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.insert_organization(organization).await?;
    match end {
        End::Commit | End::Bomb => tx.commit().await,
        End::CommitUnheard => {
            let _ = poll!(&mut tx.commit().boxed());
            Ok(())
        }
        End::GiveUp => Ok(()),
    }
}
