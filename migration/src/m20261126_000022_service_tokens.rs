//! Service tokens are known by their id and can be revoked (contract 14.14), and what operators do
//! that belongs to no organization is in an audit log of its own, under an id that no organization
//! has: audit rows and chains no longer have to name one. Organizations are never deleted, so nothing
//! else hung on it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{drop_all, execute_all, optional_at, optional_text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: a table that was dropped and not yet replaced must not be what a crash leaves.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::create()
            .table("service_tokens")
            .col(uuid("id").primary_key())
            .col(optional_text("subject"))
            .col(optional_at("created_at"))
            .col(optional_at("expires_at"))
            .col(optional_at("last_used_at"))
            .col(optional_at("revoked_at"))
            .take();
        manager.create_table(tokens).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            return execute_all(manager, &DROP_FOREIGN_KEYS).await;
        }
        rebuild(manager, "").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &DELETE_OPERATORS_LOG).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            execute_all(manager, &ADD_FOREIGN_KEYS).await?;
        } else {
            let owner = "REFERENCES organizations (id) ON DELETE CASCADE";
            rebuild(manager, owner).await?;
        }
        drop_all(manager, &["service_tokens"]).await
    }
}

const DROP_FOREIGN_KEYS: [&str; 2] = [
    "ALTER TABLE audit_rows DROP CONSTRAINT audit_rows_organization_id_fkey",
    "ALTER TABLE audit_chains DROP CONSTRAINT audit_chains_organization_id_fkey",
];

const ADD_FOREIGN_KEYS: [&str; 2] = [
    "ALTER TABLE audit_rows ADD CONSTRAINT audit_rows_organization_id_fkey \
     FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE",
    "ALTER TABLE audit_chains ADD CONSTRAINT audit_chains_organization_id_fkey \
     FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE",
];

const DELETE_OPERATORS_LOG: [&str; 2] = [
    "DELETE FROM audit_rows WHERE organization_id NOT IN (SELECT id FROM organizations)",
    "DELETE FROM audit_chains WHERE organization_id NOT IN (SELECT id FROM organizations)",
];

/// Copies both tables into new ones, which is the only way of SQLite's to be rid of a foreign key or
/// to get one.
async fn rebuild(manager: &SchemaManager<'_>, owner: &str) -> Result<(), DbErr> {
    for (table, columns, indexes) in [AUDIT_ROWS, AUDIT_CHAINS] {
        let columns = columns.replace("OWNER", owner);
        let statements = [
            format!("CREATE TABLE {table}_rebuilt ({columns})"),
            format!("INSERT INTO {table}_rebuilt SELECT * FROM {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table}_rebuilt RENAME TO {table}"),
        ];
        let statements = statements
            .iter()
            .map(String::as_str)
            .chain(indexes.iter().copied());
        execute_all(manager, &statements.collect::<Vec<_>>()).await?;
    }
    Ok(())
}

type Rebuilt = (&'static str, &'static str, &'static [&'static str]);

const AUDIT_ROWS: Rebuilt = (
    "audit_rows",
    "id text NOT NULL PRIMARY KEY, organization_id uuid_text NOT NULL OWNER, \
     sequence integer NOT NULL, action text NOT NULL, actor_kind text NOT NULL, actor_id text, \
     subject_id text NOT NULL, details text NOT NULL, created_at integer NOT NULL, \
     hash text NOT NULL, \
     CONSTRAINT audit_rows_actor_kind_exists \
     CHECK (actor_kind IN ('user', 'api_key', 'service', 'system')), \
     CONSTRAINT audit_rows_system_has_no_id \
     CHECK ((actor_kind = 'system') = (actor_id IS NULL)), \
     CONSTRAINT audit_rows_sequence_counts_from_one CHECK (sequence >= 1)",
    &[
        "CREATE UNIQUE INDEX audit_rows_in_order ON audit_rows (organization_id, sequence)",
        "CREATE INDEX audit_rows_newest_first \
         ON audit_rows (organization_id, created_at DESC, id DESC)",
    ],
);

const AUDIT_CHAINS: Rebuilt = (
    "audit_chains",
    "organization_id uuid_text NOT NULL PRIMARY KEY OWNER, anchor_sequence integer NOT NULL, \
     anchor_hash text NOT NULL, head_sequence integer NOT NULL, head_hash text NOT NULL, \
     CONSTRAINT audit_chains_begin_before_they_end \
     CHECK (0 <= anchor_sequence AND anchor_sequence <= head_sequence)",
    &[],
);
