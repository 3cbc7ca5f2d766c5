//! Links that sign a person in to the dashboard once (contract 14.5). The code is kept hashed.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, goes_with, optional_at, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let links = Table::create()
            .table("sign_in_links")
            .col(text("code_hash").primary_key())
            .col(uuid("organization_id"))
            .col(uuid("user_id"))
            .col(text("role"))
            .col(at("session_expires_at"))
            .col(at("expires_at"))
            .col(optional_at("used_at"))
            .foreign_key(&mut goes_with(
                "sign_in_links",
                "organization_id",
                "organizations",
                "id",
            ))
            .take();
        manager.create_table(links).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["sign_in_links"]).await
    }
}
