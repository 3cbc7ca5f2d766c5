//! The schema: one file per subject and change, for SQLite and PostgreSQL alike.
//!
//! What every table keeps to: ids are texts as they are on the wire, except the two kinds that
//! are UUIDs; times are Unix milliseconds; lists and maps are JSON texts; what SQL can state of a
//! rule is a CHECK or a partial unique index, so that a fault of ours is refused, not stored.
//!
//! A change is a file of its own, added to [`Migrator`]; a released one is never edited.

mod columns;
mod m20261121_000001_organizations;
mod m20261121_000002_api_keys;
mod m20261121_000003_endpoints;
mod m20261121_000004_encryption_keys;
mod m20261121_000005_sessions;
mod m20261121_000006_events;
mod m20261121_000007_deliveries;
mod m20261121_000008_audit;
mod m20261121_000009_due_of_endpoint;
mod m20261125_000013_events_by_session;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, async_trait};

/// Applies the changes in order, or takes them back.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_organizations::Migration),
            Box::new(m20261121_000002_api_keys::Migration),
            Box::new(m20261121_000003_endpoints::Migration),
            Box::new(m20261121_000004_encryption_keys::Migration),
            Box::new(m20261121_000005_sessions::Migration),
            Box::new(m20261121_000006_events::Migration),
            Box::new(m20261121_000007_deliveries::Migration),
            Box::new(m20261121_000008_audit::Migration),
            Box::new(m20261121_000009_due_of_endpoint::Migration),
            Box::new(m20261125_000013_events_by_session::Migration),
        ]
    }
}

/// Keeps other processes from changing the schema, until the transaction ends. The number is the
/// first eight bytes of "kayle migrations" by SHA-256: anything that nobody else takes will do.
const TURN: &str = "SELECT pg_advisory_xact_lock(591929072201868186)";

/// Applies every pending change, all or none on PostgreSQL. Processes that start at once take
/// turns, and the later ones find nothing left to do.
pub async fn up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Migrator::up(connection, None).await;
    }
    let transaction = connection.begin().await?;
    // An index over many rows, and a wait for another process's, may take their time.
    transaction
        .execute_unprepared("SET LOCAL statement_timeout = 0")
        .await?;
    transaction
        .execute_unprepared("SET LOCAL lock_timeout = 0")
        .await?;
    transaction.execute_unprepared(TURN).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}
