//! Encryption keys: at most one active per endpoint.
//!
//! The public numbers may be absent: they are erased with the endpoint, while deliveries still
//! name the key. `organization_id` repeats the endpoint's, for the look-ups; it is the endpoint
//! that the row goes with.

use sea_orm_migration::prelude::*;

use crate::columns::{
    at, drop_all, execute_all, goes_with, id, optional_at, optional_text, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let encryption_keys = Table::create()
            .table("encryption_keys")
            .col(id(manager, "id").primary_key())
            .col(uuid("organization_id"))
            .col(id(manager, "endpoint_id"))
            .col(text("key_id"))
            .col(optional_text("jwk_n"))
            .col(optional_text("jwk_e"))
            .col(at("created_at"))
            .col(at("updated_at"))
            .col(optional_at("disabled_at"))
            .foreign_key(&mut goes_with(
                "encryption_keys",
                "endpoint_id",
                "endpoints",
                "id",
            ))
            .check((
                "encryption_keys_jwk_is_whole",
                Expr::cust("(jwk_n IS NULL) = (jwk_e IS NULL)"),
            ))
            .check((
                "encryption_keys_active_can_encrypt",
                Expr::cust("disabled_at IS NOT NULL OR jwk_n IS NOT NULL"),
            ))
            .take();
        manager.create_table(encryption_keys).await?;
        execute_all(
            manager,
            &[
                // The list's order.
                "CREATE INDEX encryption_keys_by_endpoint ON encryption_keys (endpoint_id, id)",
                "CREATE UNIQUE INDEX encryption_keys_one_active \
                 ON encryption_keys (endpoint_id) WHERE disabled_at IS NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["encryption_keys"]).await
    }
}
