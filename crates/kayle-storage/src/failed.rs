//! Failed deliveries, which are counted and walked to be retried.
//!
//! Two partial indexes have them: what stores a payload in the order of the last attempts, and what
//! has none by endpoint, to be counted. The words of the queries are those of the indexes.

use kayle_app::ports::store::{FailedCounts, FailedFilter, FailedPlace, FailedPortion, StoreError};
use kayle_primitives::{DeliveryId, OrganizationId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use crate::deliveries::in_state;
use crate::entities::delivery::{Column, Entity, Model, state};
use crate::entities::{endpoint, event};
use crate::error::store_error;
use crate::readable::{as_u64, read_all};
use crate::store::SqlTx;

/// The reason of what a person has taken back, as it is stored.
const PRIVACY_REQUEST: &str = "privacy_request";

/// Counts failed deliveries, each kind up to `most`.
pub(crate) async fn count_failed<C: ConnectionTrait>(
    connection: &C,
    organization_id: OrganizationId,
    filter: &FailedFilter,
    most: usize,
) -> Result<FailedCounts, StoreError> {
    let withdrawn = || Column::PayloadReason.eq(PRIVACY_REQUEST);
    let count = |rows: Select<Entity>| counted(connection, rows, most);
    Ok(FailedCounts {
        retained: count(retained(organization_id, filter)).await?,
        not_retained: count(gone(organization_id, filter).filter(withdrawn().not())).await?,
        withdrawn: count(gone(organization_id, filter).filter(withdrawn())).await?,
    })
}

async fn counted<C: ConnectionTrait>(
    connection: &C,
    rows: Select<Entity>,
    most: usize,
) -> Result<usize, StoreError> {
    let row = connection.query_one(&count_of(rows, most)).await;
    let count: i64 = match row.map_err(store_error)? {
        Some(row) => row.try_get("", "count").map_err(store_error)?,
        None => 0,
    };
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Counts rows, up to `most`.
fn count_of(rows: Select<Entity>, most: usize) -> SelectStatement {
    let some = rows.select_only().column(Column::Id).limit(as_u64(most));
    Query::select()
        .expr_as(Expr::cust("count(*)"), "count")
        .from_subquery(some.into_query(), "some")
        .take()
}

/// Asks for the failed deliveries that store a payload.
pub(crate) fn retained(organization_id: OrganizationId, filter: &FailedFilter) -> Select<Entity> {
    let rows = Entity::find()
        .filter(in_state(state::FAILED))
        .filter(Column::PayloadExpiresAt.is_not_null())
        .filter(Column::OrganizationId.eq(organization_id.0));
    let rows = rows.apply_if(filter.endpoint_id.as_ref(), |rows, id| {
        rows.filter(Column::EndpointId.eq(id.as_str()))
    });
    narrowed(rows, filter)
}

/// Asks for the failed deliveries that store no payload.
pub(crate) fn gone(organization_id: OrganizationId, filter: &FailedFilter) -> Select<Entity> {
    let endpoints = endpoint::Entity::find()
        .select_only()
        .column(endpoint::Column::Id)
        .filter(endpoint::Column::OrganizationId.eq(organization_id.0))
        .apply_if(filter.endpoint_id.as_ref(), |rows, id| {
            rows.filter(endpoint::Column::Id.eq(id.as_str()))
        });
    let rows = Entity::find()
        .filter(in_state(state::FAILED))
        .filter(Column::PayloadExpiresAt.is_null())
        .filter(Column::EndpointId.in_subquery(endpoints.into_query()));
    narrowed(rows, filter)
}

fn narrowed(rows: Select<Entity>, filter: &FailedFilter) -> Select<Entity> {
    rows.filter(Column::LastAttemptAt.gte(filter.since.unix_ms()))
        .filter(Column::LastAttemptAt.lte(filter.until.unix_ms()))
        .apply_if(filter.event_type, |rows, event_type| {
            let of_type = event::Entity::find()
                .select_only()
                .column(event::Column::Id)
                .filter(Expr::cust("events.id = deliveries.event_id"))
                .filter(event::Column::EventType.eq(event_type.as_str()));
            rows.filter(Expr::exists(of_type.into_query()))
        })
        .apply_if(filter.failure_reason, |rows, reason| {
            rows.filter(Column::LastFailureReason.eq(reason.as_str()))
        })
}

/// Puts failed deliveries in the order of their last attempts, from beyond a place on.
pub(crate) fn in_order(rows: Select<Entity>, after: Option<&FailedPlace>) -> Select<Entity> {
    let rows = rows.apply_if(after, |rows, (at, id)| {
        let place = Expr::tuple([Expr::col(Column::LastAttemptAt), Expr::col(Column::Id)]);
        rows.filter(place.gt(Expr::tuple([
            Expr::val(at.unix_ms()),
            Expr::val(id.as_str()),
        ])))
    });
    rows.order_by_asc(Column::LastAttemptAt)
        .order_by_asc(Column::Id)
}

impl SqlTx {
    /// Finds the next failed deliveries, and locks them in the order of their ids, as everybody
    /// does. One that has changed meanwhile is no longer meant.
    pub(crate) async fn lock_next_failed(
        &self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        after: Option<&FailedPlace>,
        limit: usize,
    ) -> Result<FailedPortion, StoreError> {
        let places: Vec<(i64, String)> = in_order(retained(organization_id, filter), after)
            .select_only()
            .column(Column::LastAttemptAt)
            .column(Column::Id)
            .limit(as_u64(limit))
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(store_error)?;
        let is_full = places.len() == limit;
        let last = places.last().filter(|_| is_full);
        let ids = places.iter().map(|(_, id)| id.as_str());
        let locked = retained(organization_id, filter)
            .filter(Column::Id.is_in(ids))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        let mut deliveries = read_all(self.connection(), locked, Model::into_domain)
            .await?
            .items;
        deliveries.sort_by_key(|found| (found.last_attempt.map(|last| last.at), found.id.clone()));
        Ok(FailedPortion {
            last: last.and_then(|(at, id)| {
                let id = DeliveryId::parse(id).ok()?;
                Some((Timestamp::from_unix_ms(*at), id))
            }),
            deliveries,
        })
    }
}
