//! What becomes of a server that does not answer, and what the server is told of us.

use std::time::Duration;

use kayle_app::ports::store::{Store, StoreError};
use kayle_primitives::OrganizationId;
use kayle_storage::{ConnectError, SqlStore, StoreOptions};
use kayle_testkit::builders::Builders;

use crate::database::{Database, cut_connections, texts};

const PASSWORD: &str = "hunter2";

#[tokio::test]
async fn idle_connections_that_the_server_cut_are_replaced() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(database.store.begin().await.unwrap());
    }
    drop(open);
    // Longer than a connection goes untested.
    texts(&other, "SELECT pg_sleep(0.3)::text").await;
    assert!(4 <= cut_connections(&other).await);
    for _ in 0..8 {
        database
            .store
            .reads()
            .find_organization(nobody())
            .await
            .unwrap();
        let tx = database.store.begin().await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_whose_connection_was_cut_is_unavailable() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let organization = Builders::default().organization();
    let mut tx = database.store.begin().await.unwrap();
    tx.insert_organization(&organization).await.unwrap();
    cut_connections(&other).await;
    assert!(matches!(tx.commit().await, Err(StoreError::Unavailable(_))));
    let found = other.reads().find_organization(organization.id).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn an_exhausted_pool_is_an_error_and_not_a_hang() {
    let database = Database::with(&StoreOptions {
        connections: 1,
        wait_max: Duration::from_millis(500),
        ..StoreOptions::default()
    })
    .await;
    let open = database.store.begin().await.unwrap();
    let refused = database.store.begin().await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    drop(open);
    database
        .store
        .reads()
        .find_organization(nobody())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_transaction_dropped_in_the_middle_of_a_write_leaves_nothing_open() {
    let database = Database::new().await;
    let make = Builders::default();
    for _ in 0..50 {
        let organization = make.organization();
        let mut tx = database.store.begin().await.unwrap();
        // Polled once: the statement is mostly still under way when the transaction goes.
        let _ = futures_util::poll!(tx.insert_organization(&organization));
        drop(tx);
        let found = database.store.reads().find_organization(organization.id);
        assert_eq!(found.await.unwrap(), None);
    }
    let mut tx = database.store.begin().await.unwrap();
    tx.insert_organization(&make.organization()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_deadlock_is_a_conflict() {
    let database = Database::new().await;
    // How long a wait lasts before the server looks for a circle.
    let name = texts(&database.store, "SELECT current_database()::text").await;
    let sooner = format!("ALTER DATABASE {} SET deadlock_timeout = '20ms'", name[0]);
    database.execute(&sooner).await.unwrap();
    let store = database.another_store().await;
    let make = Builders::default();
    let [a, b] = [make.organization(), make.organization()];
    let mut tx = store.begin().await.unwrap();
    tx.insert_organization(&a).await.unwrap();
    tx.insert_organization(&b).await.unwrap();
    tx.commit().await.unwrap();
    let mut one = store.begin().await.unwrap();
    let mut two = store.begin().await.unwrap();
    one.set_pending_deletion(a.id, None).await.unwrap();
    two.set_pending_deletion(b.id, None).await.unwrap();
    let (one, two) = tokio::join!(
        async {
            let answer = one.set_pending_deletion(b.id, None).await;
            drop(one);
            answer
        },
        async {
            let answer = two.set_pending_deletion(a.id, None).await;
            drop(two);
            answer
        },
    );
    let refused: Vec<StoreError> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused[..], [StoreError::Conflict]), "{refused:?}");
}

#[tokio::test]
async fn the_server_knows_us_and_ends_what_takes_too_long() {
    let database = Database::new().await;
    for (setting, value) in [
        ("application_name", "kayle-webhooks"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("tcp_keepalives_idle", "15"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
    ] {
        let set = format!("SELECT current_setting('{setting}')");
        assert_eq!(database.texts(&set).await, [value], "{setting}");
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let database = Database::new().await;
    let with_password = database
        .url
        .replace("kayle@", &format!("kayle:{PASSWORD}@"));
    let store = connect(&with_password).await.unwrap();
    assert!(!format!("{store:?}").contains(PASSWORD));
    let nobody_there = format!("postgres://kayle:{PASSWORD}@127.0.0.1:1/kayle");
    let no_database = format!("{with_password}_which_is_not_there");
    let no_port = format!("postgres://kayle:{PASSWORD}@127.0.0.1:port/kayle");
    let no_option = format!("postgres://kayle:{PASSWORD}@127.0.0.1/kayle?sslmode=nonsense");
    for (url, is_broken) in [
        (nobody_there, false),
        (no_database, false),
        (no_port, true),
        (no_option, true),
    ] {
        let error = connect(&url).await.unwrap_err();
        assert_eq!(
            matches!(error, ConnectError::BrokenUrl),
            is_broken,
            "{error:?}"
        );
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

async fn connect(url: &str) -> Result<SqlStore, ConnectError> {
    let options = StoreOptions {
        wait_max: Duration::from_millis(500),
        ..StoreOptions::default()
    };
    SqlStore::connect(&url.parse().expect("it is a URL"), &options).await
}

/// Nobody's id, for a look into the database.
fn nobody() -> OrganizationId {
    Builders::default().organization().id
}
