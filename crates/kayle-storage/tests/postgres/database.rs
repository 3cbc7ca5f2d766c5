//! A migrated database of its own for each test.

use std::thread;
use std::time::Duration;

use kayle_storage::{SqlStore, StoreOptions};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::server::{on_the_server, server};

/// A wait that has not begun by then never will.
const WAITED_FOR_MAX: Duration = Duration::from_secs(10);

/// A store in a database that is gone when this is dropped.
pub(crate) struct Database {
    /// The store.
    pub(crate) store: SqlStore,
    /// Leads to the database.
    pub(crate) url: String,
    name: String,
}

impl Database {
    /// Opens a database without a row.
    pub(crate) async fn new() -> Self {
        Self::with(&StoreOptions::default()).await
    }

    /// Opens a database without a row.
    pub(crate) async fn with(options: &StoreOptions) -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        on_the_server(format!("CREATE DATABASE {name} TEMPLATE kayle_template")).await;
        let url = format!("{}/{name}", server());
        let store = SqlStore::connect(&url.parse().expect("it is a URL"), options).await;
        let store = store.expect("the database was just made");
        Self { store, url, name }
    }

    /// Opens the same database once more, as another process would.
    pub(crate) async fn another_store(&self) -> SqlStore {
        let store = SqlStore::connect(
            &self.url.parse().expect("it is a URL"),
            &StoreOptions::default(),
        )
        .await;
        store.expect("the database is there")
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.store.connection();
        connection.execute_unprepared(sql).await.map(drop)
    }

    /// Returns the first column of what a query finds.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.store, sql).await
    }

    /// Waits until a transaction waits for another one's lock.
    pub(crate) async fn until_somebody_waits(&self) {
        let waiting = "SELECT query FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let seen = async { while self.texts(waiting).await.is_empty() {} };
        let seen = tokio::time::timeout(WAITED_FOR_MAX, seen).await;
        seen.expect("a transaction waits for another one");
    }
}

/// Returns the first column of what a query finds.
pub(crate) async fn texts(store: &SqlStore, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = store.connection().query_all_raw(statement).await;
    let rows = rows.expect("the query is right");
    let first = rows.iter().map(|row| row.try_get_by_index(0));
    first
        .collect::<Result<_, _>>()
        .expect("the column is a text")
}

/// Cuts all connections to the store's database but the one this goes over; gives how many.
pub(crate) async fn cut_connections(store: &SqlStore) -> usize {
    let cut = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    texts(store, cut).await.len()
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The test's own runtime cannot wait here.
        thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made")
                .block_on(on_the_server(drop));
        })
        .join()
        .expect("the database can be dropped");
    }
}
