//! One writer, many readers, and what becomes of a database that does not answer.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use kayle_app::ports::store::{Store, StoreError};
use kayle_primitives::{Organization, OrganizationId};
use kayle_storage::{ConnectError, SqlStore, StoreOptions};
use kayle_testkit::builders::Builders;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::task::JoinSet;

use crate::database::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_write_at_once_all_succeed() {
    let Database { store, folder } = Database::new().await;
    let make = Builders::default();
    let mut writers = JoinSet::new();
    for _ in 0..64 {
        let (store, organization) = (store.clone(), make.organization());
        writers.spawn(async move {
            let mut tx = store.begin().await?;
            // A read before the write is what makes deferred transactions fail under contention.
            tx.reads().find_organization(organization.id).await?;
            tx.insert_organization(&organization).await?;
            tx.commit().await
        });
    }
    for written in writers.join_all().await {
        written.unwrap();
    }
    drop(folder);
}

#[tokio::test]
async fn a_transaction_dropped_in_the_middle_of_a_write_leaves_nothing_open() {
    let Database { store, folder } = Database::new().await;
    let make = Builders::default();
    for _ in 0..50 {
        let organization = make.organization();
        let mut tx = store.begin().await.unwrap();
        // Polled once: the statement is mostly still under way when the transaction goes.
        let _ = futures_util::poll!(tx.insert_organization(&organization));
        drop(tx);
        let found = store.reads().find_organization(organization.id).await;
        assert_eq!(found.unwrap(), None);
    }
    let mut tx = store.begin().await.unwrap();
    tx.insert_organization(&make.organization()).await.unwrap();
    tx.commit().await.unwrap();
    drop(folder);
}

#[tokio::test]
async fn a_writer_that_never_ends_is_an_error_for_the_next_one_and_not_a_hang() {
    let Database { store, folder } = Database::with(&impatient()).await;
    let _open = store.begin().await.unwrap();
    let refused = store.begin().await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    store.reads().find_organization(nobody()).await.unwrap();
    drop(folder);
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for_no_longer_than_allowed() {
    let Database { store, folder } = Database::with(&impatient()).await;
    let url = format!("sqlite://{}", folder.path().join("kayle.db").display());
    let other = SqlStore::connect(&url.parse().expect("it is a URL"), &impatient())
        .await
        .unwrap();
    let _open = other.begin().await.unwrap();
    let refused = store.begin().await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn readers_cannot_write_and_see_only_what_was_committed() {
    let Database { store, folder } = Database::new().await;
    let organization = Builders::default().organization();
    let mut tx = store.begin().await.unwrap();
    tx.insert_organization(&organization).await.unwrap();
    let seen = store.reads().find_organization(organization.id).await;
    assert_eq!(seen.unwrap(), None);
    tx.commit().await.unwrap();
    let seen = store.reads().find_organization(organization.id).await;
    assert_eq!(seen.unwrap(), Some(organization));
    drop(folder);
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_named() {
    let Database { store, folder } = Database::new().await;
    let make = Builders::default();
    let organization = make.organization();
    let endpoint = make.endpoint(&organization);
    let mut tx = store.begin().await.unwrap();
    tx.insert_organization(&organization).await.unwrap();
    let secret = make.sealed_secret(&endpoint);
    tx.insert_endpoint(&endpoint, &secret).await.unwrap();
    tx.commit().await.unwrap();
    let spoil = "UPDATE endpoints SET subscription = '[\"nothing\"]'";
    let connection = store.connection();
    connection.execute_unprepared(spoil).await.unwrap();
    let read = store.reads().find_endpoint(organization.id, &endpoint.id);
    let error = read.await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("endpoints.subscription of {} cannot be read", endpoint.id)
    );
    drop(folder);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let Database { store, folder } = Database::new().await;
    store.close().await.unwrap();
    assert!(matches!(
        store.reads().find_organization(nobody()).await,
        Err(StoreError::Unavailable(_))
    ));
    drop(folder);
}

#[tokio::test]
async fn what_was_committed_is_on_disk() {
    let Database { store, folder } = Database::new().await;
    for (pragma, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
    ] {
        let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let row = store.connection().query_one_raw(statement).await.unwrap();
        let set: String = row.unwrap().try_get_by_index(0).unwrap();
        assert_eq!(set, value, "{pragma}");
    }
    drop(folder);
}

#[tokio::test]
async fn a_file_that_is_missing_or_only_to_be_read_is_not_opened() {
    let connect = async |url: &str| {
        SqlStore::connect(&url.parse().expect("it is a URL"), &StoreOptions::default())
            .await
            .map(drop)
    };
    let missing = connect("sqlite:///nowhere/kayle.db?mode=rw").await;
    assert!(matches!(missing, Err(ConnectError::NoFile(_))));
    let missing = connect("sqlite:///nowhere/kayle.db").await;
    assert!(matches!(missing, Err(ConnectError::File(..))));
    let to_be_read = connect("sqlite://kayle.db?mode=ro").await;
    assert!(matches!(to_be_read, Err(ConnectError::ReadOnly)));
}

#[tokio::test]
async fn nothing_is_committed_to_a_file_that_was_taken_away() {
    let Database { store, folder } = Database::new().await;
    let (file, elsewhere) = (
        folder.path().join("kayle.db"),
        folder.path().join("gone.db"),
    );
    let make = Builders::default();
    let (before, meanwhile, after) = (
        make.organization(),
        make.organization(),
        make.organization(),
    );
    insert(&store, &before).await.unwrap();

    let mut open = store.begin().await.unwrap();
    open.insert_organization(&meanwhile).await.unwrap();
    std::fs::rename(&file, &elsewhere).unwrap();
    let refused = open.commit().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    let refused = insert(&store, &meanwhile).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    std::fs::copy(&elsewhere, &file).unwrap();
    let refused = insert(&store, &meanwhile).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "another file"
    );

    std::fs::rename(&elsewhere, &file).unwrap();
    insert(&store, &after).await.unwrap();
    let found = store.reads().find_organization(meanwhile.id).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn after_a_close_all_is_in_the_file_and_nothing_in_the_log() {
    let Database { store, folder } = Database::new().await;
    let organization = Builders::default().organization();
    insert(&store, &organization).await.unwrap();
    // Somebody else has it open, too, so that the log stays.
    let file = folder.path().join("kayle.db");
    let url = format!("sqlite://{}", file.display());
    let other = SqlStore::connect(&url.parse().expect("it is a URL"), &impatient()).await;
    store.close().await.unwrap();
    let log = std::fs::metadata(folder.path().join("kayle.db-wal"));
    assert_eq!(log.unwrap().len(), 0);

    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy).unwrap();
    let url = format!("sqlite://{}", copy.display());
    let copy = SqlStore::connect(&url.parse().expect("it is a URL"), &impatient()).await;
    let copied = copy
        .unwrap()
        .reads()
        .find_organization(organization.id)
        .await;
    assert_eq!(copied.unwrap(), Some(organization));
    drop(other);
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    let Database { store, folder } = Database::new().await;
    for file in ["kayle.db", "kayle.db-wal", "kayle.db-shm"] {
        let file = std::fs::metadata(folder.path().join(file)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    drop(store);
}

async fn insert(store: &SqlStore, organization: &Organization) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.insert_organization(organization).await?;
    tx.commit().await
}

/// Gives up soon, but not before a busy machine has opened a database.
fn impatient() -> StoreOptions {
    StoreOptions {
        wait_max: Duration::from_millis(500),
        ..StoreOptions::default()
    }
}

/// Nobody's id, for a look into the database.
fn nobody() -> OrganizationId {
    Builders::default().organization().id
}
