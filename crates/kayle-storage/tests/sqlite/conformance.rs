//! The store on SQLite is held to the ports' documents.

use std::sync::Arc;

use kayle_testkit::conformance::TestStore;

use crate::database::Database;

kayle_testkit::store_conformance!(sqlite_store());

async fn sqlite_store() -> TestStore {
    let Database { store, folder } = Database::new().await;
    let store = Arc::new(store);
    TestStore::new(store.clone(), store).keeping(folder)
}
