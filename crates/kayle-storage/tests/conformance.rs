//! The store on SQLite is held to the ports' documents.

use std::sync::Arc;

use kayle_storage::{SqlStore, StoreOptions};
use kayle_testkit::conformance::TestStore;
use migration::{Migrator, MigratorTrait};

kayle_testkit::store_conformance!(sqlite_store());

async fn sqlite_store() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("kayle.db").display()
    );
    let store = SqlStore::connect(&url, &StoreOptions::default())
        .await
        .unwrap();
    Migrator::up(store.connection(), None).await.unwrap();
    let store = Arc::new(store);
    TestStore::new(store.clone(), store).keeping(folder)
}
