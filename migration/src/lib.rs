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
mod m20261125_000010_refused_address;
mod m20261125_000011_nodes;
mod m20261125_000013_events_by_session;
mod m20261125_000014_cheaper_reports;
mod m20261125_000016_last_failure_reason;
mod m20261125_000017_attempt_phases;
mod m20261125_000018_endpoint_activity;
mod m20261125_000019_sign_in_links;
mod m20261125_000020_early_vacuum_of_payloads;
mod m20261126_000021_key_proofs;
mod m20261126_000022_service_tokens;
mod m20261126_000025_secret_keys;
mod m20261126_000028_tests;
mod m20261126_000050_destinations;
mod m20261126_000051_operators_links;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, SchemaManager, async_trait};

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
            Box::new(m20261125_000010_refused_address::Migration),
            Box::new(m20261125_000011_nodes::Migration),
            Box::new(m20261125_000013_events_by_session::Migration),
            Box::new(m20261125_000014_cheaper_reports::Migration),
            Box::new(m20261125_000016_last_failure_reason::Migration),
            Box::new(m20261125_000017_attempt_phases::Migration),
            Box::new(m20261125_000018_endpoint_activity::Migration),
            Box::new(m20261125_000019_sign_in_links::Migration),
            Box::new(m20261125_000020_early_vacuum_of_payloads::Migration),
            Box::new(m20261126_000021_key_proofs::Migration),
            Box::new(m20261126_000022_service_tokens::Migration),
            Box::new(m20261126_000025_secret_keys::Migration),
            Box::new(m20261126_000028_tests::Migration),
            Box::new(m20261126_000050_destinations::Migration),
            Box::new(m20261126_000051_operators_links::Migration),
        ]
    }
}

/// What a database has of the schema; the lists hold names, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// Changes that the database lacks.
    pub pending: Vec<String>,
    /// Changes that the database has and this program does not know: a newer one made them.
    pub unknown: Vec<String>,
}

/// Returns what a database has of the schema; changes nothing.
pub async fn state(connection: &DatabaseConnection) -> Result<SchemaState, DbErr> {
    let migrations = Migrator::migrations();
    let known: Vec<&str> = migrations.iter().map(|change| change.name()).collect();
    let table = Migrator::migration_table_name().to_string();
    let applied = if SchemaManager::new(connection).has_table(table).await? {
        Migrator::get_migration_models(connection).await?
    } else {
        Vec::new()
    };
    let applied: Vec<String> = applied.into_iter().map(|change| change.version).collect();
    let pending = known
        .iter()
        .filter(|name| !applied.iter().any(|have| have == *name));
    Ok(SchemaState {
        pending: pending.map(|name| (*name).to_owned()).collect(),
        unknown: applied
            .into_iter()
            .filter(|name| !known.contains(&name.as_str()))
            .collect(),
    })
}

/// Returns the name of the newest change that this program knows.
pub fn newest() -> String {
    let migrations = Migrator::migrations();
    migrations
        .last()
        .map_or_else(String::new, |change| change.name().to_owned())
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
