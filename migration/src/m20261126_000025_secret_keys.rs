//! The secret key changes while the service runs (contract 14.7): it is known which key every hash
//! of an API key was made with, which keys every node knows, and what recognises the hashes of
//! retired keys.
//!
//! Of hashes and nodes from before it is not known.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, execute_all, id, optional_id, optional_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("api_keys", optional_id(manager, "hash_key_id")),
            ("nodes", optional_text("key_ids")),
        ] {
            let widen = Table::alter().table(table).add_column(column).take();
            manager.alter_table(widen).await?;
        }
        let retired = Table::create()
            .table("retired_keys")
            .col(id(manager, "id").primary_key())
            .col(id(manager, "sealed_key_id"))
            .col(ColumnDef::new("sealed").binary().not_null())
            .col(at("retired_at"))
            .take();
        manager.create_table(retired).await?;
        execute_all(
            manager,
            &[
                // Which keys are in use, found in a few steps.
                "CREATE INDEX endpoints_by_secret_key ON endpoints (signing_secret_key_id) \
                 WHERE signing_secret_key_id IS NOT NULL",
                "CREATE INDEX api_keys_by_secret_key ON api_keys (hash_key_id) \
                 WHERE hash_key_id IS NOT NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DROP INDEX api_keys_by_secret_key",
                "DROP INDEX endpoints_by_secret_key",
                "ALTER TABLE nodes DROP COLUMN key_ids",
                "ALTER TABLE api_keys DROP COLUMN hash_key_id",
            ],
        )
        .await?;
        drop_all(manager, &["retired_keys"]).await
    }
}
