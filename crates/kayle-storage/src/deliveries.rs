//! Deliveries in SQL, as people see and change them.
//!
//! Locks are for PostgreSQL, where several can write at once; SQLite's one writer needs none, and
//! its queries leave them out.

use std::collections::HashMap;
use std::str::FromStr;

use async_trait::async_trait;
use kayle_app::ports::store::{
    Batch, DeliveryFilter, DeliveryReads, DeliveryWrites, DuePlace, FailedCounts, FailedFilter,
    FailedPlace, FailedPortion, NewDelivery, Portion, ResumeScope, StoreError, report_damage,
};
use kayle_delivery::{Attempt, Delivery, DeliveryStatus};
use kayle_events::EventType;
use kayle_primitives::{
    DeliveryId, EndpointId, EventId, OrganizationId, Page, PageRequest, SessionId, Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockBehavior, LockType, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Statement,
    UpdateMany, Value,
};

use crate::backend::batches::DeliveryRows;
use crate::backend::dialect::Dialect;
use crate::backend::link::Link;
use crate::endpoints::existing;
use crate::entities::delivery::{Column, Entity, Model, state};
use crate::entities::values::Row;
use crate::entities::{delivery_attempt, delivery_payload, endpoint, event, organization};
use crate::error::store_error;
use crate::failed::count_failed;
use crate::page::{Position, newest_first};
use crate::readable::{
    as_u64, columns_of, portion_of, read_all, read_one, read_page, read_statement,
};
use crate::store::{SqlStore, SqlTx};

/// The most rows of one INSERT. The widest has 20 columns, and SQLite takes 32,766 values.
const INSERTED_ROWS_MAX: usize = 1000;

impl SqlStore {
    /// Returns whose a delivery is, for an operator, who acts for no organization; `None` if there
    /// is none.
    pub async fn organization_of_delivery(
        &self,
        id: &DeliveryId,
    ) -> Result<Option<OrganizationId>, StoreError> {
        let row = read_one(&*self.readers, Entity::find_by_id(id.as_str())).await?;
        let delivery = row.map(Model::into_domain).transpose()?;
        Ok(delivery.map(|delivery| delivery.organization_id))
    }
}

#[async_trait]
impl DeliveryReads for Link {
    async fn find_delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let row = read_one(self, one(organization_id, id)).await?;
        row.map(Model::into_domain).transpose()
    }

    async fn attempts_of(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Vec<Attempt>, StoreError> {
        let delivery = one(organization_id, id).select_only().column(Column::Id);
        let rows = delivery_attempt::Entity::find()
            .filter(delivery_attempt::Column::DeliveryId.in_subquery(delivery.into_query()))
            .order_by_asc(delivery_attempt::Column::AttemptedAt)
            .order_by_asc(delivery_attempt::Column::Id);
        let attempts = read_all(self, rows, delivery_attempt::Model::into_domain);
        Ok(attempts.await?.items)
    }

    async fn count_failed(
        &self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        most: usize,
    ) -> Result<FailedCounts, StoreError> {
        count_failed(self, organization_id, filter, most).await
    }

    async fn tests_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let times = tests_since(endpoint_id, since, at_most)
            .into_tuple::<i64>()
            .all(self);
        let times = times.await.map_err(store_error)?;
        Ok(times.into_iter().map(Timestamp::from_unix_ms).collect())
    }

    async fn count_due_before(
        &self,
        organization_id: OrganizationId,
        place: DuePlace<'_>,
        most: usize,
    ) -> Result<usize, StoreError> {
        let statement = self.dialect().due_before(organization_id, place, most);
        let before = self.query_all_raw(statement).await;
        Ok(before.map_err(store_error)?.len())
    }

    async fn list_deliveries(
        &self,
        organization_id: OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Option<Page<Delivery>>, StoreError> {
        let mut after: Option<Position> = None;
        if let Some(cursor) = &page.starting_after {
            let row = one(organization_id, cursor).one(self).await;
            let Some(row) = row.map_err(store_error)? else {
                return Ok(None);
            };
            after = Some((row.created_at, row.id));
        }
        let rows = filtered(organization_id, filter);
        let rows = newest_first(rows, (Column::CreatedAt, Column::Id), after);
        let page = read_page(self, rows, page.limit, Model::into_domain);
        page.await.map(Some)
    }

    async fn latest_deliveries(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
        most: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        if endpoint_ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = latest(self.dialect(), organization_id, endpoint_ids, most);
        let latest = read_statement::<Entity, _, _>(self, statement, Model::into_domain);
        let mut latest = latest.await?.items;
        latest.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
        Ok(latest)
    }
}

/// Asks for the latest deliveries of each of the endpoints. Values: the organization, the
/// endpoints. How many is written out, because PostgreSQL plans for a tenth of the table where it
/// does not know.
pub(crate) fn latest(
    dialect: &dyn Dialect,
    organization_id: OrganizationId,
    endpoint_ids: &[EndpointId],
    most: usize,
) -> Statement {
    let of_one = |place: usize| {
        format!(
            "SELECT id FROM (SELECT id FROM deliveries \
             WHERE organization_id = $1 AND endpoint_id = ${} AND purpose IS NULL \
             ORDER BY created_at DESC, id DESC LIMIT {most}) AS kept",
            place + 2
        )
    };
    let of_all: Vec<String> = (0..endpoint_ids.len()).map(of_one).collect();
    let sql = format!(
        "SELECT {columns} FROM deliveries WHERE id IN ({of_all})",
        columns = columns_of::<Entity>(""),
        of_all = of_all.join(" UNION ALL "),
    );
    let mut values = vec![organization_id.0.into()];
    values.extend(endpoint_ids.iter().map(|id| Value::from(id.as_str())));
    dialect.statement(&sql, values)
}

#[async_trait]
impl DeliveryWrites for SqlTx {
    async fn insert_deliveries(&mut self, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
        let rows = DeliveryRows::of(deliveries.iter());
        self.insert_all::<Entity>(rows.deliveries).await?;
        self.insert_all::<delivery_payload::Entity>(rows.payloads)
            .await?;
        self.insert_all::<delivery_attempt::Entity>(rows.attempts)
            .await
    }

    async fn lock_delivery(
        &mut self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let row = one(organization_id, id).lock_exclusive();
        let row = read_one(self.connection(), row).await?;
        row.map(Model::into_domain).transpose()
    }

    async fn lock_failed(
        &mut self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        after: Option<&FailedPlace>,
        limit: usize,
    ) -> Result<FailedPortion, StoreError> {
        self.lock_next_failed(organization_id, filter, after, limit)
            .await
    }

    async fn lock_deliveries_of_event(
        &mut self,
        organization_id: OrganizationId,
        event_id: &EventId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization_id.0))
            .filter(Column::EventId.eq(event_id.as_str()))
            .order_by_asc(Column::Id);
        Ok(self.lock_all(rows).await?.items)
    }

    async fn lock_deliveries_of_session(
        &mut self,
        session_id: &SessionId,
    ) -> Result<Batch<(EventType, Delivery)>, StoreError> {
        let events =
            EventOfSession::find_by_statement(self.dialect().events_of_session(session_id))
                .all(self.connection())
                .await
                .map_err(store_error)?;
        let event_types: HashMap<&str, EventType> = events
            .iter()
            .filter_map(|event| {
                let parsed = event.parsed().inspect_err(report_damage).ok()?;
                Some((event.id.as_str(), parsed))
            })
            .collect();
        let rows = Entity::find()
            .filter(Column::EventId.is_in(events.iter().map(|event| event.id.as_str())))
            .order_by_asc(Column::Id);
        let Batch { items, unreadable } = self.lock_all(rows).await?;
        let mut deliveries = Batch {
            items: Vec::with_capacity(items.len()),
            unreadable,
        };
        for delivery in items {
            match event_types.get(delivery.event_id.as_str()) {
                Some(event_type) => deliveries.items.push((*event_type, delivery)),
                None => deliveries.unreadable.push(delivery.id.to_string()),
            }
        }
        Ok(deliveries)
    }

    async fn drop_deliveries_of_endpoint(
        &mut self,
        endpoint_id: &EndpointId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        // The bytes first: afterwards the rows do not tell which had any.
        let delete = self.dialect().delete_payloads_of_endpoint(endpoint_id);
        let deleted = self.connection().execute_raw(delete).await;
        deleted.map_err(store_error)?;
        let drop = self.dialect().drop_of_endpoint(endpoint_id, now);
        let dropped = self.connection().execute_raw(drop).await;
        Ok(dropped.map_err(store_error)?.rows_affected())
    }

    async fn lock_expired_payloads(
        &mut self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Delivery>, StoreError> {
        // What another process is about to change is no longer expired, or is found the next time.
        let rows = expired_payloads(now, portion)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        read_all(self.connection(), rows, Model::into_domain).await
    }

    async fn erase_payloads(&mut self, unreadable: &[String]) -> Result<(), StoreError> {
        let ids: Vec<&str> = unreadable.iter().map(String::as_str).collect();
        self.delete_payloads(&ids).await
    }

    async fn save_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.save_all(deliveries.iter().map(Model::from_domain).collect())
            .await
    }

    async fn resume_deliveries(
        &mut self,
        organization_id: OrganizationId,
        scope: &ResumeScope,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        if self.dialect().has_many_writers() {
            self.lock_waiting(organization_id, scope, now).await?;
        }
        let mut changed = 0;
        for change in resumed(organization_id, scope, now) {
            let change = change.build(self.connection().get_database_backend());
            let change = self.dialect().passing_over_damage(change);
            let resumed = self.connection().execute_raw(change).await;
            changed += resumed.map_err(store_error)?.rows_affected();
        }
        Ok(changed)
    }
}

impl SqlTx {
    /// Adds rows, as many with one statement as it can hold.
    pub(crate) async fn insert_all<E: EntityTrait>(
        &self,
        mut rows: Vec<E::Model>,
    ) -> Result<(), StoreError>
    where
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
        E::Model: IntoActiveModel<E::ActiveModel> + Send,
    {
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(INSERTED_ROWS_MAX));
            let rows_now = rows.into_iter().map(IntoActiveModel::into_active_model);
            let inserted = E::insert_many(rows_now).exec_without_returning(self.connection());
            inserted.await.map_err(store_error)?;
            rows = rest;
        }
        Ok(())
    }

    /// Writes deliveries over what is stored of them, and deletes the bytes of scrubbed payloads.
    pub(crate) async fn save_all(&self, rows: Vec<Model>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let saved = self
            .connection()
            .execute_raw(self.dialect().save(&rows))
            .await;
        if usize::try_from(saved.map_err(store_error)?.rows_affected()) != Ok(rows.len()) {
            return Err(StoreError::Conflict);
        }
        let scrubbed: Vec<&str> = rows
            .iter()
            .filter(|row| row.payload_scrubbed_at.is_some())
            .map(|row| row.id.as_str())
            .collect();
        self.delete_payloads(&scrubbed).await
    }

    async fn delete_payloads(&self, ids: &[&str]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let deleted = self
            .connection()
            .execute_raw(self.dialect().delete_payloads(ids));
        deleted.await.map(drop).map_err(store_error)
    }

    /// Locks what is about to be resumed, where several can write at once.
    ///
    /// The organization first: an endpoint that is enabled while its organization is thawed would
    /// otherwise be resumed by neither, each seeing the other as it was. Then the deliveries in
    /// the order of their ids, as everybody locks them; a list of them is not asked for.
    async fn lock_waiting(
        &self,
        organization_id: OrganizationId,
        scope: &ResumeScope,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        organization::Entity::find_by_id(organization_id.0)
            .lock_shared()
            .one(self.connection())
            .await
            .map_err(store_error)?;
        let locked = waiting(organization_id, scope, now).into_query();
        let count = Query::select()
            .expr_as(Func::count(Expr::col("id")), "count")
            .from_subquery(locked, "locked")
            .take();
        let counted = self.connection().query_one(&count).await;
        counted.map(drop).map_err(store_error)
    }

    pub(crate) async fn lock_all(
        &self,
        rows: Select<Entity>,
    ) -> Result<Batch<Delivery>, StoreError> {
        read_all(self.connection(), rows.lock_exclusive(), Model::into_domain).await
    }
}

/// An event of a session.
#[derive(Debug, FromQueryResult)]
struct EventOfSession {
    id: String,
    event_type: String,
}

impl EventOfSession {
    fn parsed(&self) -> Result<EventType, StoreError> {
        let row = Row {
            table: "events",
            id: &self.id,
        };
        row.parsed("event_type", EventType::from_str(&self.event_type))
    }
}

/// Says that a delivery is in a state, in the words of the partial indexes: written out, not
/// bound, since an index is used only where the query says the same.
pub(crate) fn in_state(state: &'static str) -> Expr {
    Expr::cust(format!("state = '{state}'"))
}

/// Asks for the deliveries whose payload's retention is over, the longest over first.
pub(crate) fn expired_payloads(now: Timestamp, portion: Portion) -> Select<Entity> {
    let rows = Entity::find()
        .filter(Column::PayloadExpiresAt.lte(now.unix_ms()))
        .order_by_asc(Column::PayloadExpiresAt)
        .order_by_asc(Column::Id);
    portion_of(rows, portion)
}

/// Asks for the ids of what is to be resumed, and locks it, in the order of the ids.
pub(crate) fn waiting(
    organization_id: OrganizationId,
    scope: &ResumeScope,
    now: Timestamp,
) -> Select<Entity> {
    // The endpoint stands in each arm: an index of one of them alone would not do for the other.
    let of_endpoint = |arm: Condition| match scope {
        ResumeScope::Endpoint(id) => arm.add(Column::EndpointId.eq(id.as_str())),
        ResumeScope::Organization => arm,
    };
    let held = Condition::all().add(in_state(state::HELD));
    let early = Condition::all().add(is_early(now));
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::OrganizationId.eq(organization_id.0))
        .filter(
            Condition::any()
                .add(of_endpoint(held))
                .add(of_endpoint(early)),
        )
        .order_by_asc(Column::Id)
        .lock_exclusive()
}

/// Makes the two changes that make due what waits: what is held, and what is pending and not due.
///
/// The endpoints are the organization's own. It is named beside them only where the index begins
/// with it: elsewhere SQLite would rather walk all of the organization's deliveries.
pub(crate) fn resumed(
    organization_id: OrganizationId,
    scope: &ResumeScope,
    now: Timestamp,
) -> [UpdateMany<Entity>; 2] {
    let now_ms = now.unix_ms();
    let earlier = Expr::case(Column::DueAt.gt(now_ms), now_ms).finally(Expr::col(Column::DueAt));
    let held = Entity::update_many()
        .col_expr(Column::State, Expr::value(state::PENDING))
        .col_expr(Column::DueAt, earlier.into())
        .filter(in_state(state::HELD))
        .filter(Column::OrganizationId.eq(organization_id.0));
    let early = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now_ms))
        .filter(is_early(now));
    let enabled = enabled_endpoints(organization_id, scope);
    [held, early].map(|change| {
        change
            .col_expr(Column::UpdatedAt, Expr::value(now_ms))
            .filter(Column::EndpointId.in_subquery(enabled.clone().into_query()))
    })
}

/// Asks for the ids of those of the scope's endpoints that may be sent to.
fn enabled_endpoints(
    organization_id: OrganizationId,
    scope: &ResumeScope,
) -> Select<endpoint::Entity> {
    let endpoints = existing(organization_id)
        .select_only()
        .column(endpoint::Column::Id);
    match scope {
        ResumeScope::Endpoint(id) => {
            let in_good_standing = organization::Entity::find_by_id(organization_id.0)
                .filter(organization::Column::PendingDeletionAt.is_null())
                .select_only()
                .column(organization::Column::Id)
                .into_query();
            endpoints
                .filter(endpoint::Column::Id.eq(id.as_str()))
                .filter(endpoint::Column::OrganizationId.in_subquery(in_good_standing))
        }
        ResumeScope::Organization => endpoints.filter(endpoint::Column::DisabledAt.is_null()),
    }
}

/// Says that a delivery waits for a time that has not come.
fn is_early(now: Timestamp) -> Expr {
    in_state(state::PENDING).and(Column::DueAt.gt(now.unix_ms()))
}

fn one(organization_id: OrganizationId, id: &DeliveryId) -> Select<Entity> {
    Entity::find_by_id(id.as_str()).filter(Column::OrganizationId.eq(organization_id.0))
}

/// Asks for when the tests of an endpoint were made, the newest first.
pub(crate) fn tests_since(
    endpoint_id: &EndpointId,
    since: Timestamp,
    at_most: usize,
) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::CreatedAt)
        .filter(Column::EndpointId.eq(endpoint_id.as_str()))
        .filter(Column::CreatedAt.gt(since.unix_ms()))
        .filter(Column::Purpose.is_not_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(as_u64(at_most))
}

/// Asks for an organization's deliveries that pass a filter.
pub(crate) fn filtered(organization_id: OrganizationId, filter: &DeliveryFilter) -> Select<Entity> {
    let DeliveryFilter {
        status,
        endpoint_id,
        event_id,
        session_id,
        with_tests,
    } = filter;
    Entity::find()
        .filter(Column::OrganizationId.eq(organization_id.0))
        .apply_if((!with_tests).then_some(()), |rows, ()| {
            rows.filter(Column::Purpose.is_null())
        })
        .apply_if(*status, |rows, status| {
            rows.filter(Column::State.is_in(states_of(status)))
        })
        .apply_if(endpoint_id.as_ref(), |rows, id| {
            rows.filter(Column::EndpointId.eq(id.as_str()))
        })
        .apply_if(event_id.as_ref(), |rows, id| {
            rows.filter(Column::EventId.eq(id.as_str()))
        })
        .apply_if(session_id.as_ref(), |rows, id| {
            let events = event::Entity::find()
                .select_only()
                .column(event::Column::Id)
                .filter(event::Column::SessionId.eq(id.as_str()));
            rows.filter(Column::EventId.in_subquery(events.into_query()))
        })
}

/// Returns the stored states that are shown as this status.
fn states_of(status: DeliveryStatus) -> Vec<&'static str> {
    match status {
        DeliveryStatus::Pending => vec![state::PENDING, state::HELD],
        DeliveryStatus::Delivering => vec![state::DELIVERING],
        DeliveryStatus::Succeeded => vec![state::SUCCEEDED],
        DeliveryStatus::Failed => vec![state::FAILED],
    }
}
