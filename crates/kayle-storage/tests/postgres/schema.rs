//! The schema on PostgreSQL.

use migration::{Migrator, MigratorTrait};

use crate::database::Database;

#[tokio::test]
async fn the_migrations_can_be_taken_back_and_applied_again() {
    let database = Database::new().await;
    let connection = database.store.connection();
    Migrator::down(connection, None).await.unwrap();
    let left = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.texts(left).await, ["seaql_migrations"]);
    migration::up(connection).await.unwrap();
    let pending = Migrator::get_pending_migrations(connection).await.unwrap();
    assert!(pending.is_empty());
}

#[tokio::test]
async fn processes_that_migrate_at_once_take_turns() {
    let database = Database::new().await;
    let others = [
        database.another_store().await,
        database.another_store().await,
    ];
    Migrator::down(database.store.connection(), None)
        .await
        .unwrap();
    let (one, two) = tokio::join!(
        migration::up(others[0].connection()),
        migration::up(others[1].connection())
    );
    one.unwrap();
    two.unwrap();
    let pending = Migrator::get_pending_migrations(database.store.connection());
    assert!(pending.await.unwrap().is_empty());
}

#[tokio::test]
async fn ids_are_ordered_by_their_bytes() {
    let database = Database::new().await;
    // The same columns as `columns::id` makes; `audit_rows.subject_id` is never ordered by.
    let others = "SELECT table_name || '.' || column_name FROM information_schema.columns \
                  WHERE table_schema = 'public' AND data_type = 'text' \
                  AND (column_name = 'id' OR column_name LIKE '%\\_id') \
                  AND collation_name IS DISTINCT FROM 'C' ORDER BY 1";
    assert_eq!(
        database.texts(others).await,
        [
            "audit_rows.actor_id",
            "audit_rows.subject_id",
            "encryption_keys.key_id",
            "endpoints.signing_secret_key_id",
        ]
    );
}
