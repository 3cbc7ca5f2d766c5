//! Requests to one host and port are bounded, all endpoints there together (contract 14.14): a claim
//! passes over endpoints by their destination.
//!
//! An endpoint that a node of an older version makes, or gives another URL, goes without one, or with
//! the old one, until it is changed again: its own bound holds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;
use url::Url;

use crate::columns::{execute_all, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let widen = Table::alter()
            .table("endpoints")
            .add_column(optional_text("destination"))
            .take();
        manager.alter_table(widen).await?;
        fill(manager).await?;
        let index = "CREATE INDEX endpoints_by_destination ON endpoints (destination, id)";
        execute_all(manager, &[index]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = [
            "DROP INDEX endpoints_by_destination",
            "ALTER TABLE endpoints DROP COLUMN destination",
        ];
        execute_all(manager, &drop).await
    }
}

async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
    let rows = Statement::from_string(backend, "SELECT id, url FROM endpoints");
    for row in connection.query_all_raw(rows).await? {
        // One that cannot be read is the doctor's.
        let (Ok(id), Ok(url)) = (
            row.try_get::<String>("", "id"),
            row.try_get::<String>("", "url"),
        ) else {
            continue;
        };
        let sql = "UPDATE endpoints SET destination = $1 WHERE id = $2";
        let values = [destination(&url).into(), id.into()];
        let filled = Statement::from_sql_and_values(backend, sql, values);
        connection.execute_raw(filled).await?;
    }
    Ok(())
}

/// Returns host and port of a URL.
fn destination(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    Some(format!("{host}:{}", url.port_or_known_default()?))
}
