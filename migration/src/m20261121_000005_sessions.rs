//! Sessions and their attempts.
//!
//! The `progress_` columns of an attempt say how far the session had come with it, because a
//! repeated report is answered from them. `targets` is a plain list without a foreign key: an
//! endpoint may be deleted while a session names it.

use sea_orm_migration::prelude::*;

use crate::columns::{
    at, count, drop_all, execute_all, goes_with, id, optional_at, optional_text, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sessions(manager)).await?;
        manager.create_table(attempts(manager)).await?;
        execute_all(
            manager,
            &[
                // The list's order.
                "CREATE INDEX sessions_by_organization ON sessions (organization_id, id)",
                "CREATE INDEX sessions_overdue ON sessions (expires_at, id) \
                 WHERE status IN ('created', 'in_progress')",
                // The purges' orders.
                "CREATE INDEX sessions_first_ended ON sessions (completed_at) \
                 WHERE completed_at IS NOT NULL",
                "CREATE INDEX sessions_to_minimize ON sessions (completed_at) \
                 WHERE completed_at IS NOT NULL AND redirect_url IS NOT NULL",
                "CREATE INDEX attempts_by_session ON attempts (session_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["attempts", "sessions"]).await
    }
}

fn sessions(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(id(manager, "id").primary_key())
        .col(uuid("organization_id"))
        .col(text("status"))
        .col(optional_text("failure_code"))
        .col(count("nfc_tries_used"))
        .col(count("liveness_tries_used"))
        .col(text("share_contract"))
        .col(optional_text("redirect_url"))
        .col(text("targets"))
        .col(text("cancel_token_hash"))
        .col(optional_at("withdrawn_at"))
        .col(at("expires_at"))
        .col(optional_at("completed_at"))
        .col(at("created_at"))
        .col(at("updated_at"))
        .col(count("revision"))
        .foreign_key(&mut goes_with(
            "sessions",
            "organization_id",
            "organizations",
            "id",
        ))
        .check(("sessions_status_exists", status_exists("status")))
        .check((
            "sessions_completed_when_terminal",
            Expr::cust("(status IN ('created', 'in_progress')) = (completed_at IS NULL)"),
        ))
        .check((
            "sessions_failure_code_when_failed",
            Expr::cust("(status = 'failed') = (failure_code IS NOT NULL)"),
        ))
        .check((
            "sessions_tries_in_budget",
            Expr::cust("nfc_tries_used BETWEEN 0 AND 3 AND liveness_tries_used BETWEEN 0 AND 3"),
        ))
        .check(("sessions_revision_counts", Expr::cust("revision >= 0")))
        .take()
}

fn attempts(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("attempts")
        .col(id(manager, "id").primary_key())
        .col(id(manager, "session_id"))
        .col(text("outcome"))
        .col(optional_text("failure_code"))
        .col(text("fingerprint"))
        .col(text("progress_status"))
        .col(optional_text("progress_failure_code"))
        .col(optional_at("progress_completed_at"))
        .col(count("progress_nfc_tries_used"))
        .col(count("progress_liveness_tries_used"))
        .col(at("progress_updated_at"))
        .col(at("created_at"))
        .foreign_key(&mut goes_with("attempts", "session_id", "sessions", "id"))
        .check((
            "attempts_outcome_exists",
            Expr::cust("outcome IN ('succeeded', 'failed')"),
        ))
        .check((
            "attempts_failure_code_when_failed",
            Expr::cust("(outcome = 'failed') = (failure_code IS NOT NULL)"),
        ))
        .check((
            "attempts_progress_status_exists",
            status_exists("progress_status"),
        ))
        .check((
            "attempts_progress_completed_when_terminal",
            Expr::cust(
                "(progress_status IN ('created', 'in_progress')) = (progress_completed_at IS NULL)",
            ),
        ))
        .check((
            "attempts_progress_failure_code_when_failed",
            Expr::cust("(progress_status = 'failed') = (progress_failure_code IS NOT NULL)"),
        ))
        .check((
            "attempts_progress_tries_in_budget",
            Expr::cust(
                "progress_nfc_tries_used BETWEEN 0 AND 3 \
                 AND progress_liveness_tries_used BETWEEN 0 AND 3",
            ),
        ))
        .take()
}

fn status_exists(column: &str) -> Expr {
    Expr::cust(format!(
        "{column} IN ('created', 'in_progress', 'succeeded', 'failed', 'expired', 'cancelled')"
    ))
}
