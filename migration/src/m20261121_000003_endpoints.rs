//! Endpoints. A deleted one keeps its row, because deliveries still name it, without its secret.

use sea_orm_migration::prelude::*;

use crate::columns::{
    at, count, drop_all, execute_all, goes_with, id, optional_at, optional_text, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let endpoints = Table::create()
            .table("endpoints")
            .col(id(manager, "id").primary_key())
            .col(uuid("organization_id"))
            .col(optional_text("name"))
            .col(text("labels"))
            .col(text("url"))
            .col(text("subscription"))
            .col(count("retention_hours"))
            .col(text("retry_schedule"))
            .col(optional_text("signing_secret_key_id"))
            .col(ColumnDef::new("signing_secret_sealed").blob().null())
            .col(at("created_at"))
            .col(at("updated_at"))
            .col(optional_at("disabled_at"))
            .col(optional_at("deleted_at"))
            .foreign_key(&mut goes_with(
                "endpoints",
                "organization_id",
                "organizations",
                "id",
            ))
            .check((
                "endpoints_retention_is_offered",
                Expr::cust("retention_hours IN (0, 24, 72, 168)"),
            ))
            .check((
                "endpoints_retry_schedule_exists",
                Expr::cust("retry_schedule IN ('standard', 'short')"),
            ))
            .check((
                "endpoints_signing_secret_is_whole",
                Expr::cust("(signing_secret_key_id IS NULL) = (signing_secret_sealed IS NULL)"),
            ))
            .check((
                "endpoints_deleted_have_no_secret",
                Expr::cust("deleted_at IS NULL OR signing_secret_sealed IS NULL"),
            ))
            .take();
        manager.create_table(endpoints).await?;
        // The list's order.
        execute_all(
            manager,
            &["CREATE INDEX endpoints_newest_first \
               ON endpoints (organization_id, created_at DESC, id DESC)"],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["endpoints"]).await
    }
}
