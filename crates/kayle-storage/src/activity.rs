//! Activity in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{
    ActivityKey, ActivityReads, ActivityRow, ActivityWrites, Batch, HourCounts, Resolution,
    StoreError, Waiting,
};
use kayle_delivery::activity::{AttemptCounts, Counts, DeliveryCounts, Span};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, QueryFilter, QueryResult, QuerySelect, Select, Statement, Value,
};

use crate::backend::dialect::Dialect;
use crate::backend::link::Link;
use crate::entities::activity::{Column, Entity, Model, PrimaryKey, seconds_of};
use crate::entities::values::{Row, at, optional_at};
use crate::error::store_error;
use crate::readable::{as_u64, columns_of, read_all, read_statement};
use crate::store::SqlTx;

/// The most rows of one upsert. A row has 20 values, and SQLite takes 32,766.
const WRITTEN_ROWS_MAX: usize = 1000;

/// More deliveries than all dispatchers together ever have. The limit makes databases look at all
/// that are under way, which are few, and not at all that an organization ever had.
const DELIVERING_MAX: usize = 100_000;

/// The change of the schema since which activity is counted.
const COUNTED_SINCE: &str = "m20261125_000018_endpoint_activity";

/// When the schema was changed or, in a copy of a database, what the oldest row is about.
pub(crate) const KNOWN_SINCE: &str = "\
SELECT min(known_since) AS known_since FROM (\
SELECT applied_at * 1000 AS known_since FROM seaql_migrations WHERE version = $1 \
UNION ALL SELECT min(bucket_at) FROM endpoint_activity WHERE resolution = 60 \
UNION ALL SELECT min(bucket_at) FROM endpoint_activity WHERE resolution = 3600) AS moments";

#[async_trait]
impl ActivityReads for Link {
    async fn activity_rows(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let rows = rows_of(organization_id, of, span);
        Ok(read_all(self, rows, Model::into_domain).await?.items)
    }

    async fn activity_by_hour(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<HourCounts>, StoreError> {
        let statement = by_hour(self.dialect(), organization_id, of, span);
        let rows = self.query_all_raw(statement).await.map_err(store_error)?;
        rows.iter().map(read_hour).collect()
    }

    async fn activity_known_since(&self) -> Result<Timestamp, StoreError> {
        let since = self
            .dialect()
            .statement(KNOWN_SINCE, vec![COUNTED_SINCE.into()]);
        let row = self.query_one_raw(since).await.map_err(store_error)?;
        let since = row.map(|row| row.try_get("", "known_since")).transpose();
        let since: Option<Option<i64>> = since.map_err(store_error)?;
        Ok(at(since.flatten().unwrap_or(0)))
    }

    async fn waiting(
        &self,
        organization_id: OrganizationId,
        endpoint_id: Option<&EndpointId>,
        now: Timestamp,
        most: usize,
    ) -> Result<Waiting, StoreError> {
        let statement = waiting(self.dialect(), organization_id, endpoint_id, now, most);
        let row = self.query_one_raw(statement).await.map_err(store_error)?;
        match row {
            Some(row) => read_waiting(&row).map_err(store_error),
            None => Ok(Waiting::default()),
        }
    }
}

#[async_trait]
impl ActivityWrites for SqlTx {
    async fn save_activity(&mut self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        let key = || PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        let others = Column::iter().filter(|column| !key().any(|of_key| is_same(of_key, *column)));
        let replace = OnConflict::columns(key()).update_columns(others).to_owned();
        for rows in rows.chunks(WRITTEN_ROWS_MAX) {
            let rows = rows.iter().map(Model::from_domain);
            let saved = Entity::insert_many(rows.map(IntoActiveModel::into_active_model))
                .on_conflict(replace.clone())
                .exec_without_returning(self.connection());
            saved.await.map_err(store_error)?;
        }
        Ok(())
    }

    async fn lock_activity(
        &mut self,
        keys: &[ActivityKey],
    ) -> Result<Vec<ActivityRow>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = with_keys(keys).lock_exclusive();
        let rows = read_all(self.connection(), rows, Model::into_domain);
        Ok(rows.await?.items)
    }

    async fn take_activity(
        &mut self,
        resolution: Resolution,
        before: Timestamp,
        limit: usize,
    ) -> Result<Batch<ActivityRow>, StoreError> {
        let taken = taken(self.dialect(), resolution, before, limit);
        read_statement::<Entity, _, _>(self.connection(), taken, Model::into_domain).await
    }
}

fn is_same(one: Column, other: Column) -> bool {
    one.as_column_ref() == other.as_column_ref()
}

/// Asks for the rows of an organization in a span, of these endpoints.
pub(crate) fn rows_of(
    organization_id: OrganizationId,
    of: &[Option<EndpointId>],
    span: Span,
) -> Select<Entity> {
    let of = of
        .iter()
        .map(|id| id.as_ref().map_or("", EndpointId::as_str));
    let resolutions = [Resolution::Minute, Resolution::Hour].map(seconds_of);
    Entity::find()
        .filter(Column::OrganizationId.eq(organization_id.0))
        .filter(Column::EndpointId.is_in(of))
        .filter(Column::Resolution.is_in(resolutions))
        .filter(Column::BucketAt.gte(span.from.unix_ms()))
        .filter(Column::BucketAt.lt(span.to.unix_ms()))
}

/// Adds those rows up by the hour. Values: the organization, the endpoints, the span.
pub(crate) fn by_hour(
    dialect: &dyn Dialect,
    organization_id: OrganizationId,
    of: &[Option<EndpointId>],
    span: Span,
) -> Statement {
    const HOUR: &str = "bucket_at - bucket_at % 3600000";
    let of = of
        .iter()
        .map(|id| id.as_ref().map_or("", EndpointId::as_str));
    let of: Vec<&str> = of.collect();
    let sums = COUNTED.map(|column| format!("CAST(sum({column}) AS bigint) AS {column}"));
    let sql = format!(
        "SELECT endpoint_id, {HOUR} AS hour_at, {sums} FROM endpoint_activity \
         WHERE organization_id = $1 AND endpoint_id {of} AND resolution IN (60, 3600) \
         AND bucket_at >= $3 AND bucket_at < $4 GROUP BY endpoint_id, {HOUR}",
        sums = sums.join(", "),
        of = dialect.in_list(2),
    );
    let values = vec![
        organization_id.0.into(),
        dialect.list(&of),
        span.from.unix_ms().into(),
        span.to.unix_ms().into(),
    ];
    dialect.statement(&sql, values)
}

/// The columns that are added up.
const COUNTED: [&str; 13] = [
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

fn read_hour(row: &QueryResult) -> Result<HourCounts, StoreError> {
    let endpoint_id: String = row.try_get("", "endpoint_id").map_err(store_error)?;
    let hour: i64 = row.try_get("", "hour_at").map_err(store_error)?;
    let count = |column| {
        let count: i64 = row.try_get("", column).map_err(store_error)?;
        Ok::<_, StoreError>(u64::try_from(count).unwrap_or(0))
    };
    let named = Some(&endpoint_id).filter(|id| !id.is_empty());
    let row_of = Row {
        table: "endpoint_activity",
        id: &endpoint_id,
    };
    Ok(HourCounts {
        endpoint_id: named.map(|id| row_of.id("endpoint_id", id)).transpose()?,
        at: at(hour),
        counts: Counts {
            deliveries: DeliveryCounts {
                created: count("created")?,
                delivered: count("delivered")?,
                exhausted: count("exhausted")?,
                erased: count("erased")?,
                unsendable: count("unsendable")?,
            },
            attempts: AttemptCounts {
                http_2xx: count("http_2xx")?,
                http_3xx: count("http_3xx")?,
                http_4xx: count("http_4xx")?,
                http_5xx: count("http_5xx")?,
                timeout: count("timeout")?,
                unreachable: count("unreachable")?,
                blocked: count("blocked")?,
                interrupted: count("interrupted")?,
            },
        },
    })
}

/// Asks for the rows with these keys.
pub(crate) fn with_keys(keys: &[ActivityKey]) -> Select<Entity> {
    let mut any = Condition::any();
    for key in keys {
        let endpoint_id = key.endpoint_id.as_ref().map_or("", EndpointId::as_str);
        let writer = key.writer.map_or_else(String::new, |id| id.to_string());
        let this = Condition::all()
            .add(Column::OrganizationId.eq(key.organization_id.0))
            .add(Column::EndpointId.eq(endpoint_id))
            .add(Column::Resolution.eq(seconds_of(key.resolution)))
            .add(Column::BucketAt.eq(key.at.unix_ms()))
            .add(Column::Writer.eq(writer));
        any = any.add(this);
    }
    Entity::find().filter(any)
}

/// Deletes the oldest rows, and returns them.
pub(crate) fn taken(
    dialect: &dyn Dialect,
    resolution: Resolution,
    before: Timestamp,
    limit: usize,
) -> Statement {
    const KEY: &str = "organization_id, endpoint_id, resolution, bucket_at, writer";
    let sql = format!(
        "DELETE FROM endpoint_activity WHERE ({KEY}) IN (SELECT {KEY} FROM endpoint_activity \
         WHERE resolution = $1 AND bucket_at < $2 ORDER BY bucket_at LIMIT $3) \
         RETURNING {columns}",
        columns = columns_of::<Entity>(""),
    );
    let values = vec![
        seconds_of(resolution).into(),
        before.unix_ms().into(),
        as_u64(limit).into(),
    ];
    dialect.statement(&sql, values)
}

/// Counts deliveries as they are, each kind by its partial index. Values: the organization, the
/// present moment, the limit of each count and, where one endpoint is meant, its id.
pub(crate) fn waiting(
    dialect: &dyn Dialect,
    organization_id: OrganizationId,
    endpoint_id: Option<&EndpointId>,
    now: Timestamp,
    most: usize,
) -> Statement {
    let mut values: Vec<Value> = vec![
        organization_id.0.into(),
        now.unix_ms().into(),
        as_u64(most).into(),
    ];
    values.extend(endpoint_id.map(|id| Value::from(id.as_str())));
    // An endpoint of another organization has nothing that waits.
    let (of_the_endpoint, endpoints) = match endpoint_id {
        Some(_) => ("AND endpoint_id = $4", "AND id = $4"),
        None => ("", ""),
    };
    let counted = |rows: &str| format!("(SELECT count(*) FROM ({rows} LIMIT $3) AS found)");
    let pending = counted(&dialect.pending_of_endpoints(&format!(
        "SELECT id FROM endpoints WHERE organization_id = $1 {endpoints}"
    )));
    let delivering = counted(&format!(
        "SELECT 1 FROM (SELECT organization_id, endpoint_id FROM deliveries \
         WHERE state = 'delivering' LIMIT {DELIVERING_MAX}) AS under_way \
         WHERE organization_id = $1 {of_the_endpoint}"
    ));
    let held = counted(&format!(
        "SELECT 1 FROM deliveries WHERE state = 'held' AND organization_id = $1 {of_the_endpoint}"
    ));
    let retained = counted(&format!(
        "SELECT 1 FROM deliveries WHERE state = 'failed' AND payload_expires_at IS NOT NULL \
         AND organization_id = $1 {of_the_endpoint}"
    ));
    let oldest = format!(
        "(SELECT min((SELECT due_at FROM deliveries WHERE state = 'pending' \
         AND {of_endpoint} AND due_at <= $2 ORDER BY endpoint_id, due_at LIMIT 1)) \
         FROM endpoints WHERE organization_id = $1 {endpoints})",
        of_endpoint = dialect.of_endpoint("endpoints.id"),
    );
    let sql = format!(
        "SELECT {pending} AS pending, {delivering} AS delivering, {held} AS held, \
         {retained} AS retained, {oldest} AS oldest_due_at"
    );
    dialect.statement(&sql, values)
}

fn read_waiting(row: &QueryResult) -> Result<Waiting, sea_orm::DbErr> {
    let count = |column| {
        let count: i64 = row.try_get("", column)?;
        Ok::<_, sea_orm::DbErr>(usize::try_from(count).unwrap_or(0))
    };
    Ok(Waiting {
        pending: count("pending")?,
        delivering: count("delivering")?,
        held: count("held")?,
        retained_payloads: count("retained")?,
        oldest_due_at: optional_at(row.try_get("", "oldest_due_at")?),
    })
}
