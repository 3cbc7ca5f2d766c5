//! Failed deliveries, which are counted and walked to be retried.
//!
//! Two partial indexes have them: what stores a payload in the order of the last attempts, and what
//! has none by endpoint, to be counted. The words of the queries are those of the indexes.

use kayle_app::ports::store::{FailedCounts, FailedFilter, FailedPlace, FailedPortion, StoreError};
use kayle_delivery::{RetentionReason, ScrubReason};
use kayle_primitives::{DeliveryId, OrganizationId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::backend::link::Link;
use crate::count::count_at_most;
use crate::deliveries::in_state;
use crate::entities::delivery::{Column, Entity, state};
use crate::entities::{endpoint, event};
use crate::error::store_error;
use crate::readable::as_u64;
use crate::store::SqlTx;

/// Counts failed deliveries, each kind up to `most`.
pub(crate) async fn count_failed(
    link: &Link,
    organization_id: OrganizationId,
    filter: &FailedFilter,
    most: usize,
) -> Result<FailedCounts, StoreError> {
    let reason = RetentionReason::Scrubbed(ScrubReason::PrivacyRequest);
    let withdrawn = || Column::PayloadReason.eq(reason.as_str());
    let count = |rows: Select<Entity>| count_at_most(link, rows, Column::Id, most);
    Ok(FailedCounts {
        retained: count(retained(organization_id, filter)).await?,
        not_retained: count(gone(organization_id, filter).filter(withdrawn().not())).await?,
        withdrawn: count(gone(organization_id, filter).filter(withdrawn())).await?,
    })
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
    rows.filter(Column::Purpose.is_null())
        .filter(Column::LastAttemptAt.gte(filter.since.unix_ms()))
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
            .order_by_asc(Column::Id);
        let mut deliveries = self.lock_all(locked).await?.items;
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
