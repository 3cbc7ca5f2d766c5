//! The audit log: one hash chain per organization.
//!
//! A chain's row in `audit_chains` says where its stored part begins and ends: the last purged row
//! and the last row, each by its place and its hash.

use sea_orm_migration::prelude::*;

use crate::columns::{at, drop_all, execute_all, goes_with, id, optional_text, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rows(manager)).await?;
        manager.create_table(chains()).await?;
        execute_all(
            manager,
            &[
                // The chain's order, and no two rows at one place.
                "CREATE UNIQUE INDEX audit_rows_in_order ON audit_rows (organization_id, sequence)",
                // The list's order.
                "CREATE INDEX audit_rows_newest_first \
                 ON audit_rows (organization_id, created_at DESC, id DESC)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["audit_chains", "audit_rows"]).await
    }
}

fn rows(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("audit_rows")
        .col(id(manager, "id").primary_key())
        .col(uuid("organization_id"))
        .col(sequence("sequence"))
        .col(text("action"))
        .col(text("actor_kind"))
        .col(optional_text("actor_id"))
        .col(text("subject_id"))
        .col(text("details"))
        .col(at("created_at"))
        .col(text("hash"))
        .foreign_key(&mut goes_with(
            "audit_rows",
            "organization_id",
            "organizations",
            "id",
        ))
        .check((
            "audit_rows_actor_kind_exists",
            Expr::cust("actor_kind IN ('user', 'api_key', 'service', 'system')"),
        ))
        .check((
            "audit_rows_system_has_no_id",
            Expr::cust("(actor_kind = 'system') = (actor_id IS NULL)"),
        ))
        .check((
            "audit_rows_sequence_counts_from_one",
            Expr::cust("sequence >= 1"),
        ))
        .take()
}

fn chains() -> TableCreateStatement {
    Table::create()
        .table("audit_chains")
        .col(uuid("organization_id").primary_key())
        .col(sequence("anchor_sequence"))
        .col(text("anchor_hash"))
        .col(sequence("head_sequence"))
        .col(text("head_hash"))
        .foreign_key(&mut goes_with(
            "audit_chains",
            "organization_id",
            "organizations",
            "id",
        ))
        .check((
            "audit_chains_begin_before_they_end",
            Expr::cust("0 <= anchor_sequence AND anchor_sequence <= head_sequence"),
        ))
        .take()
}

/// Creates a column for a place in a chain.
fn sequence(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}
