//! One writer, many readers, and what becomes of a database that does not answer.

use std::time::Duration;

use kayle_app::ports::store::{Store, StoreError};
use kayle_primitives::OrganizationId;
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
    let other = SqlStore::connect(&url, &impatient()).await.unwrap();
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
async fn only_sqlite_files_are_opened() {
    let connect = async |url| {
        SqlStore::connect(url, &StoreOptions::default())
            .await
            .map(drop)
    };
    for url in ["mysql://root@localhost/kayle", "kayle.db", ""] {
        assert!(matches!(
            connect(url).await,
            Err(ConnectError::UnsupportedUrl)
        ));
    }
    for url in ["sqlite://:memory:", "sqlite://kayle.db?mode=memory"] {
        assert!(matches!(connect(url).await, Err(ConnectError::InMemory)));
    }
    let missing = connect("sqlite:///nowhere/kayle.db").await;
    assert!(matches!(missing, Err(ConnectError::Database(_))));
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
