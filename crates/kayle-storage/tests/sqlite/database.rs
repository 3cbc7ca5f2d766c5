//! A migrated database in a folder of its own.

use kayle_storage::{SqlStore, StoreOptions};
use migration::{Migrator, MigratorTrait};

/// A store, and the folder that its database lies in.
pub(crate) struct Database {
    /// The store.
    pub(crate) store: SqlStore,
    /// The folder; gone when this is dropped.
    pub(crate) folder: tempfile::TempDir,
}

impl Database {
    /// Opens a database without a row.
    pub(crate) async fn new() -> Self {
        Self::with(&StoreOptions::default()).await
    }

    /// Opens a database without a row.
    pub(crate) async fn with(options: &StoreOptions) -> Self {
        let folder = tempfile::tempdir().expect("the disk has room");
        let file = folder.path().join("kayle.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let store = SqlStore::connect(&url.parse().expect("it is a URL"), options)
            .await
            .expect("the folder is there");
        Migrator::up(store.connection(), None)
            .await
            .expect("the database is empty");
        Self { store, folder }
    }
}
