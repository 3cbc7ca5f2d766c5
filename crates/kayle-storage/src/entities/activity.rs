//! Rows of `endpoint_activity`.

use kayle_app::ports::store::{ActivityKey, ActivityRow, Resolution, StoreError};
use kayle_delivery::activity::{Activity, AttemptCounts, DeliveryCounts, Histogram};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoint_activity")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) organization_id: Uuid,
    /// Empty for all endpoints together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) endpoint_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) resolution: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) bucket_at: i64,
    /// Empty for what was merged.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) writer: String,
    pub(crate) created: i64,
    pub(crate) delivered: i64,
    pub(crate) exhausted: i64,
    pub(crate) erased: i64,
    pub(crate) unsendable: i64,
    #[sea_orm(column_name = "http_2xx")]
    pub(crate) http_2xx: i64,
    #[sea_orm(column_name = "http_3xx")]
    pub(crate) http_3xx: i64,
    #[sea_orm(column_name = "http_4xx")]
    pub(crate) http_4xx: i64,
    #[sea_orm(column_name = "http_5xx")]
    pub(crate) http_5xx: i64,
    pub(crate) timeout: i64,
    pub(crate) unreachable: i64,
    pub(crate) blocked: i64,
    pub(crate) interrupted: i64,
    pub(crate) latency: String,
    pub(crate) answers: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Returns a resolution as it is stored: in seconds.
pub(crate) fn seconds_of(resolution: Resolution) -> i32 {
    match resolution {
        Resolution::Minute => 60,
        Resolution::Hour => 3600,
    }
}

impl Model {
    pub(crate) fn from_domain(row: &ActivityRow) -> Self {
        let ActivityRow { key, activity } = row;
        let Activity {
            deliveries,
            attempts,
            latency,
            answers,
        } = activity;
        let endpoint_id = key.endpoint_id.as_ref();
        Self {
            organization_id: key.organization_id.0,
            endpoint_id: endpoint_id.map_or_else(String::new, ToString::to_string),
            resolution: seconds_of(key.resolution),
            bucket_at: key.at.unix_ms(),
            writer: key.writer.map_or_else(String::new, |id| id.to_string()),
            created: as_i64(deliveries.created),
            delivered: as_i64(deliveries.delivered),
            exhausted: as_i64(deliveries.exhausted),
            erased: as_i64(deliveries.erased),
            unsendable: as_i64(deliveries.unsendable),
            http_2xx: as_i64(attempts.http_2xx),
            http_3xx: as_i64(attempts.http_3xx),
            http_4xx: as_i64(attempts.http_4xx),
            http_5xx: as_i64(attempts.http_5xx),
            timeout: as_i64(attempts.timeout),
            unreachable: as_i64(attempts.unreachable),
            blocked: as_i64(attempts.blocked),
            interrupted: as_i64(attempts.interrupted),
            latency: counts_to_json(latency.counts()),
            answers: counts_to_json(answers.counts()),
        }
    }

    pub(crate) fn into_domain(self) -> Result<ActivityRow, StoreError> {
        let row = Row {
            table: "endpoint_activity",
            id: &self.organization_id,
        };
        let resolution = match self.resolution {
            60 => Some(Resolution::Minute),
            3600 => Some(Resolution::Hour),
            _ => None,
        };
        let endpoint_id = Some(&self.endpoint_id).filter(|id| !id.is_empty());
        let writer = Some(&self.writer).filter(|id| !id.is_empty());
        Ok(ActivityRow {
            key: ActivityKey {
                organization_id: OrganizationId(self.organization_id),
                endpoint_id: endpoint_id
                    .map(|id| row.id("endpoint_id", id))
                    .transpose()?,
                resolution: row.present("resolution", resolution)?,
                at: at(self.bucket_at),
                writer: writer
                    .map(|id| row.parsed("writer", Uuid::parse_str(id)))
                    .transpose()?,
            },
            activity: Activity {
                deliveries: DeliveryCounts {
                    created: row.number("created", self.created)?,
                    delivered: row.number("delivered", self.delivered)?,
                    exhausted: row.number("exhausted", self.exhausted)?,
                    erased: row.number("erased", self.erased)?,
                    unsendable: row.number("unsendable", self.unsendable)?,
                },
                attempts: AttemptCounts {
                    http_2xx: row.number("http_2xx", self.http_2xx)?,
                    http_3xx: row.number("http_3xx", self.http_3xx)?,
                    http_4xx: row.number("http_4xx", self.http_4xx)?,
                    http_5xx: row.number("http_5xx", self.http_5xx)?,
                    timeout: row.number("timeout", self.timeout)?,
                    unreachable: row.number("unreachable", self.unreachable)?,
                    blocked: row.number("blocked", self.blocked)?,
                    interrupted: row.number("interrupted", self.interrupted)?,
                },
                latency: histogram(row, "latency", &self.latency)?,
                answers: histogram(row, "answers", &self.answers)?,
            },
        })
    }
}

fn histogram<const COUNTS: usize>(
    row: Row<'_>,
    column: &'static str,
    json: &str,
) -> Result<Histogram<COUNTS>, StoreError> {
    let counts: Vec<u64> = row.parsed(column, serde_json::from_str(json))?;
    row.present(column, Histogram::from_counts(&counts))
}

fn counts_to_json(counts: &[u64]) -> String {
    serde_json::Value::from(counts).to_string()
}

fn as_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
