//! API keys, by the hash of their plaintext.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, execute_all, goes_with, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let api_keys = Table::create()
            .table("api_keys")
            .col(uuid("id").primary_key())
            .col(uuid("organization_id"))
            .col(text("hash").unique_key())
            .col(text("name"))
            .col(ColumnDef::new("enabled").boolean().not_null())
            .col(text("scopes"))
            .col(text("metadata").default("{}"))
            .col(
                ColumnDef::new("request_count")
                    .big_integer()
                    .not_null()
                    .default(0),
            )
            .col(at("created_at"))
            .col(at("updated_at"))
            .foreign_key(&mut goes_with(
                "api_keys",
                "organization_id",
                "organizations",
                "id",
            ))
            .check((
                "api_keys_request_count_counts",
                Expr::cust("request_count >= 0"),
            ))
            .take();
        manager.create_table(api_keys).await?;
        // The list's order.
        execute_all(
            manager,
            &["CREATE INDEX api_keys_by_organization ON api_keys (organization_id, id)"],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["api_keys"]).await
    }
}
