//! The queue in SQL: each method is one transaction of a few statements, however many rows.
//!
//! One row that cannot be read must not stop the queue for all others: a claim and a look at
//! expired leases log it and go on without it. The lease of such a delivery runs out, and its
//! schedule ends it. What a claim takes is chosen in `due`; settlements are written in `settle`.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use async_trait::async_trait;
use kayle_app::ports::queue::{
    ClaimRequest, Claimed, ClaimedEndpoint, DeliveryQueue, ExpiredLease, Settled, Settlement,
};
use kayle_app::ports::store::StoreError;
use kayle_delivery::{CompactJwe, LeaseHolder};
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_primitives::{DeliveryId, Timestamp};
use kayle_sessions::SessionStatus;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, Select, SelectTwo,
};

use crate::backend::NewLease;
use crate::deliveries::in_state;
use crate::entities::delivery::{Column, Entity, Model, state};
use crate::entities::values::{Row, at};
use crate::entities::{endpoint, event};
use crate::error::store_error;
use crate::store::{SqlStore, SqlTx};

#[async_trait]
impl DeliveryQueue for SqlStore {
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let tx = self.begin_write().await?;
        let chosen = tx.choose(request).await?;
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let claimed = tx.lease(&chosen, request).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn still_held(&self, holder: &LeaseHolder) -> Result<Vec<DeliveryId>, StoreError> {
        let ids: Vec<String> = held_by(holder)
            .into_tuple()
            .all(&self.readers.0)
            .await
            .map_err(store_error)?;
        ids.iter().map(|id| delivery_row(id).id("id", id)).collect()
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.begin_write().await?;
        let settled = tx.settle(settlements).await?;
        tx.commit().await?;
        Ok(settled)
    }

    async fn expired_leases(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ExpiredLease>, StoreError> {
        let rows = leased_until(now, limit)
            .all(&self.readers.0)
            .await
            .map_err(store_error)?;
        let leases = rows.into_iter().map(|(delivery, endpoint)| {
            let endpoint = endpoint.filter(|endpoint| !endpoint.is_deleted());
            expired_lease(delivery, endpoint.as_ref())
        });
        Ok(leases.filter_map(readable).collect())
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let due_at: Option<Option<i64>> = pending()
            .into_tuple()
            .one(&self.readers.0)
            .await
            .map_err(store_error)?;
        Ok(due_at.flatten().map(at))
    }
}

/// Asks for the ids of what is leased to a holder.
pub(crate) fn held_by(holder: &LeaseHolder) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(in_state(state::DELIVERING))
        .filter(Column::LeaseHolder.eq(holder.0.as_str()))
        .order_by_asc(Column::Id)
}

/// Asks for what is leased until `now` or less, with its endpoint.
pub(crate) fn leased_until(now: Timestamp, limit: usize) -> SelectTwo<Entity, endpoint::Entity> {
    Entity::find()
        .find_also_related(endpoint::Entity)
        .filter(in_state(state::DELIVERING))
        .filter(Column::LeaseUntil.lte(now.unix_ms()))
        .order_by_asc(Column::LeaseUntil)
        .order_by_asc(Column::Id)
        .limit(as_u64(limit))
}

/// Asks for the times at which what is pending is due, the first one first.
pub(crate) fn pending() -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::DueAt)
        .filter(in_state(state::PENDING))
        .order_by_asc(Column::DueAt)
}

impl SqlTx {
    /// Puts the request's lease on deliveries, and reads what their attempts need.
    async fn lease(
        &self,
        chosen: &[String],
        request: &ClaimRequest,
    ) -> Result<Vec<Claimed>, StoreError> {
        let ids: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let lease = NewLease {
            claimed_at_ms: request.now.unix_ms(),
            holder: &request.lease.holder.0,
            until_ms: request.lease.until.unix_ms(),
        };
        let leased = Entity::find()
            .from_raw_sql(self.dialect().lease(&ids, lease))
            .all(self.connection())
            .await
            .map_err(store_error)?;
        let contents = self.contents(&ids).await?;
        let endpoints = self.endpoints_of(&leased).await?;
        let mut leased: HashMap<String, Model> = leased
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let mut contents: HashMap<String, Contents> = contents
            .into_iter()
            .map(|contents| (contents.delivery_id.clone(), contents))
            .collect();
        let claimed = chosen.iter().map(|id| {
            let row = delivery_row(id);
            let delivery = row.present("id", leased.remove(id))?;
            let contents = row.present("event_id", contents.remove(id))?;
            claimed(delivery, contents, &endpoints)
        });
        Ok(claimed.filter_map(readable).collect())
    }

    async fn contents(&self, ids: &[&str]) -> Result<Vec<Contents>, StoreError> {
        Contents::find_by_statement(self.dialect().contents(ids))
            .all(self.connection())
            .await
            .map_err(store_error)
    }

    /// Gives the endpoints of deliveries, by id, without the deleted ones.
    async fn endpoints_of(
        &self,
        deliveries: &[Model],
    ) -> Result<HashMap<String, endpoint::Model>, StoreError> {
        let ids: HashSet<&str> = deliveries
            .iter()
            .map(|delivery| delivery.endpoint_id.as_str())
            .collect();
        let rows = endpoint::Entity::find()
            .filter(endpoint::Column::Id.is_in(ids))
            .filter(endpoint::Column::DeletedAt.is_null())
            .all(self.connection())
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}

/// What a delivery brings, and what may forbid to send it.
struct Contents {
    delivery_id: String,
    event: event::Model,
    jwe: Option<String>,
    session_status: Option<String>,
    session_withdrawn_at: Option<i64>,
    organization_pending_deletion_at: Option<i64>,
}

impl FromQueryResult for Contents {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            delivery_id: row.try_get(prefix, "delivery_id")?,
            event: event::Model::from_query_result(row, "event_")?,
            jwe: row.try_get(prefix, "jwe")?,
            session_status: row.try_get(prefix, "session_status")?,
            session_withdrawn_at: row.try_get(prefix, "session_withdrawn_at")?,
            organization_pending_deletion_at: row
                .try_get(prefix, "organization_pending_deletion_at")?,
        })
    }
}

impl Contents {
    /// Tells whether the session was withdrawn or cancelled; a purged one was neither.
    fn is_suppressed(&self) -> Result<bool, StoreError> {
        let Some(status) = &self.session_status else {
            return Ok(false);
        };
        let row = Row {
            table: "sessions",
            id: &self.event.session_id,
        };
        let status = row.parsed("status", SessionStatus::from_str(status))?;
        Ok(status.is_suppressed(self.session_withdrawn_at.is_some()))
    }
}

fn claimed(
    delivery: Model,
    contents: Contents,
    endpoints: &HashMap<String, endpoint::Model>,
) -> Result<Claimed, StoreError> {
    let endpoint = endpoints.get(&delivery.endpoint_id);
    let session_suppressed = contents.is_suppressed()?;
    let payload = Row {
        table: "delivery_payloads",
        id: &contents.delivery_id,
    };
    Ok(Claimed {
        delivery: delivery.into_domain()?,
        event: contents.event.into_domain()?,
        jwe: CompactJwe::new(payload.present("jwe", contents.jwe)?),
        endpoint: endpoint.map(claimed_endpoint).transpose()?,
        session_suppressed,
        organization_frozen: contents.organization_pending_deletion_at.is_some(),
    })
}

fn claimed_endpoint(row: &endpoint::Model) -> Result<ClaimedEndpoint, StoreError> {
    Ok(ClaimedEndpoint {
        endpoint: row.to_domain()?,
        signing_secret: row.signing_secret(),
    })
}

fn expired_lease(
    delivery: Model,
    endpoint: Option<&endpoint::Model>,
) -> Result<ExpiredLease, StoreError> {
    let retry_schedule = endpoint.map(endpoint::Model::retry_schedule).transpose()?;
    let retention = endpoint.map(endpoint::Model::retention).transpose()?;
    Ok(ExpiredLease {
        delivery: delivery.into_domain()?,
        retry_schedule: retry_schedule.unwrap_or(RetryScheduleName::Standard),
        retention: retention.unwrap_or(Retention::SevenDays),
    })
}

/// Passes over what cannot be read.
fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(error = %error, "a delivery is passed over"))
        .ok()
}

fn delivery_row(id: &String) -> Row<'_> {
    Row {
        table: "deliveries",
        id,
    }
}

pub(crate) fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
