//! Encryption keys say who has shown to have their private half, keep a challenge, and are asked
//! how many stored payloads need them.
//!
//! What is handed over to a dispatcher with its lease and succeeds at once, as most deliveries do,
//! never enters the index: what is being delivered is little, and found by its lease.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, execute_all, goes_with, id, optional_at, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [optional_at("proven_at"), optional_text("proven_by")] {
            let widen = Table::alter()
                .table("encryption_keys")
                .add_column(column)
                .take();
            manager.alter_table(widen).await?;
        }
        let challenges = Table::create()
            .table("key_challenges")
            .col(id(manager, "encryption_key_id").primary_key())
            .col(text("nonce_hash"))
            .col(at("expires_at"))
            .foreign_key(&mut goes_with(
                "key_challenges",
                "encryption_key_id",
                "encryption_keys",
                "id",
            ))
            .take();
        manager.create_table(challenges).await?;
        execute_all(manager, &[RETAINED]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP INDEX deliveries_retained"]).await?;
        drop_all(manager, &["key_challenges"]).await?;
        execute_all(
            manager,
            &[
                "ALTER TABLE encryption_keys DROP COLUMN proven_by",
                "ALTER TABLE encryption_keys DROP COLUMN proven_at",
            ],
        )
        .await
    }
}

const RETAINED: &str = "\
CREATE INDEX IF NOT EXISTS deliveries_retained ON deliveries (encryption_key_id) \
WHERE state <> 'delivering' AND payload_expires_at IS NOT NULL";
