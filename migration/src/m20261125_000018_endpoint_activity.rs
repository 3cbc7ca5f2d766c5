//! Activity: what became of deliveries, by minute and by hour (contract 14.3).
//!
//! A row is what one process counted in one minute at one endpoint, or at all endpoints of the
//! organization together (an empty `endpoint_id`), so that nobody has to add up endpoints. Hours are
//! merged from the minutes of all processes, and have an empty `writer`. Rows outlive their
//! endpoint, as deliveries do, and go by age.

use sea_orm_migration::prelude::*;

use crate::columns::{at, count, drop_all, execute_all, id, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COUNTS: [&str; 13] = [
    "created",
    "delivered",
    "exhausted",
    "erased",
    "unsendable",
    "http_2xx",
    "http_3xx",
    "http_4xx",
    "http_5xx",
    "timeout",
    "unreachable",
    "blocked",
    "interrupted",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut activity = Table::create();
        activity
            .table("endpoint_activity")
            .col(uuid("organization_id"))
            .col(id(manager, "endpoint_id"))
            .col(count("resolution"))
            .col(at("bucket_at"))
            .col(id(manager, "writer"));
        for name in COUNTS {
            activity.col(ColumnDef::new(name).big_integer().not_null());
            activity.check(Expr::col(name).gte(0));
        }
        activity
            .col(text("latency"))
            .col(text("answers"))
            .check(Expr::col("resolution").is_in([60, 3600]))
            .primary_key(
                Index::create()
                    .col("organization_id")
                    .col("endpoint_id")
                    .col("resolution")
                    .col("bucket_at")
                    .col("writer"),
            );
        manager.create_table(activity).await?;
        // What is to be merged and what is old.
        let by_age = "CREATE INDEX endpoint_activity_oldest_first \
                      ON endpoint_activity (resolution, bucket_at)";
        execute_all(manager, &[by_age]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["endpoint_activity"]).await
    }
}
