//! The store on PostgreSQL is held to the ports' documents.

use std::sync::Arc;

use kayle_testkit::conformance::TestStore;

use crate::database::Database;

kayle_testkit::store_conformance!(postgres_store());

async fn postgres_store() -> TestStore {
    let database = Database::new().await;
    let store = Arc::new(database.store.clone());
    TestStore::new(store.clone(), store).keeping(database)
}
