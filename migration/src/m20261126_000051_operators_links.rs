//! A sign-in link can be an operator's (contract 14.5), under the id that no organization has: a link
//! no longer has to name one. Organizations are never deleted, and links live for ten minutes, so
//! nothing else hung on it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::execute_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: a table that was dropped and not yet replaced must not be what a crash leaves.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let drop_key =
                "ALTER TABLE sign_in_links DROP CONSTRAINT sign_in_links_organization_id_fkey";
            return execute_all(manager, &[drop_key]).await;
        }
        rebuild(manager, "").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let delete_operators = "\
            DELETE FROM sign_in_links WHERE organization_id NOT IN (SELECT id FROM organizations)";
        execute_all(manager, &[delete_operators]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let add_key = "\
                ALTER TABLE sign_in_links ADD CONSTRAINT sign_in_links_organization_id_fkey \
                FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE";
            return execute_all(manager, &[add_key]).await;
        }
        rebuild(manager, "REFERENCES organizations (id) ON DELETE CASCADE").await
    }
}

/// Copies the table into a new one, which is the only way of SQLite's to be rid of a foreign key or
/// to get one.
async fn rebuild(manager: &SchemaManager<'_>, owner: &str) -> Result<(), DbErr> {
    let create = format!(
        "CREATE TABLE sign_in_links_rebuilt (code_hash text NOT NULL PRIMARY KEY, \
         organization_id uuid_text NOT NULL {owner}, user_id uuid_text NOT NULL, \
         role text NOT NULL, session_expires_at integer NOT NULL, expires_at integer NOT NULL, \
         used_at integer)"
    );
    let statements = [
        create.as_str(),
        "INSERT INTO sign_in_links_rebuilt SELECT * FROM sign_in_links",
        "DROP TABLE sign_in_links",
        "ALTER TABLE sign_in_links_rebuilt RENAME TO sign_in_links",
    ];
    execute_all(manager, &statements).await
}
